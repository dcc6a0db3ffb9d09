/**
 * Numbers that two processes see at once, whatever each is written in: a file of one page that both map
 * into their memory. To look at one costs neither of them a call.
 */
/** The bytes of such a file. */
export const PAGE_BYTES = 4096;

const [READ_WRITE, PROT_READ_WRITE, MAP_SHARED] = [2, 3, 1];

/** Of the global `Bun`, what this takes. */
interface BunMemory {
  mmap(path: string): Uint8Array;
}

/** Of the global `Deno`, what this takes. */
interface DenoMemory {
  dlopen(library: string, symbols: object): { readonly symbols: unknown };
  readonly UnsafePointerView: { getArrayBuffer(at: object, bytes: number): ArrayBuffer };
}

interface Libc {
  open(path: Uint8Array, flags: number, mode: number): number;
  mmap(at: null, bytes: bigint, use: number, flags: number, fd: number, from: bigint): object;
}

/** Maps the file into the memory of this process. */
export function sharedNumbers(path: string): Int32Array {
  const { Bun: bun, Deno: deno } = globalThis as unknown as { Bun?: BunMemory; Deno: DenoMemory };
  if (bun !== undefined) return new Int32Array(bun.mmap(path).buffer);
  const library = deno.dlopen("libc.so.6", {
    open: { parameters: ["buffer", "i32", "i32"], result: "i32" },
    mmap: { parameters: ["pointer", "usize", "i32", "i32", "i32", "i64"], result: "pointer" },
  });
  const libc = library.symbols as Libc;
  const fd = libc.open(new TextEncoder().encode(`${path}\0`), READ_WRITE, 0);
  if (fd < 0) throw new Error(`Cannot map ${path}: it cannot be opened`);
  const at = libc.mmap(null, BigInt(PAGE_BYTES), PROT_READ_WRITE, MAP_SHARED, fd, 0n);
  return new Int32Array(deno.UnsafePointerView.getArrayBuffer(at, PAGE_BYTES));
}
