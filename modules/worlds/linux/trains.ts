/**
 * Groups packets into trains: neighbours of equal size, of which the last may be shorter. A train
 * goes to the system in one piece, with the size to cut it by.
 */

/** Cars of one train; older kernels cut no more. */
export const CARS_MAX = 64;

/** The longest datagram that IPv4 carries: a train is one until it is cut. */
export const TRAIN_BYTES_MAX = 65_507;

/**
 * Where the train ends that begins with the packet `from`, among packets that end at `ends` and of
 * which `until` is the first that must not be in it. A packet longer than `longest` travels alone.
 */
export function endOfTrain(ends: Int32Array, from: number, until: number, longest: number): number {
  const start = from === 0 ? 0 : ends[from - 1]!;
  const size = ends[from]! - start;
  if (size === 0 || size > longest) return from + 1;
  const last = Math.min(until, from + CARS_MAX);
  let end = start + size;
  for (let i = from + 1; i < last; i++) {
    const length = ends[i]! - end;
    // An empty packet leaves nothing to be cut off.
    if (length > size || length === 0 || ends[i]! - start > TRAIN_BYTES_MAX) return i;
    if (length < size) return i + 1;
    end += size;
  }
  return last;
}
