/** A mean, and how far off it may be. */
export interface Estimate {
  readonly mean: number;
  /** Three standard deviations of the mean. */
  readonly bound: number;
}

/**
 * The mean of values that depend on their neighbours. Blocks that are much longer than the values'
 * memory are as good as independent, so that their own spread tells the deviation of the mean,
 * whatever the dependence is.
 */
export class Blocks {
  #length: number;
  #means: number[] = [];
  #sum = 0;
  #count = 0;

  constructor(length = 1000) {
    this.#length = length;
  }

  add(value: number): void {
    this.#sum += value;
    if (++this.#count < this.#length) return;
    this.#means.push(this.#sum / this.#length);
    this.#sum = 0;
    this.#count = 0;
  }

  get estimate(): Estimate {
    const blocks = this.#means.length;
    const mean = this.#means.reduce((sum, x) => sum + x, 0) / blocks;
    const variance = this.#means.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (blocks - 1);
    return { mean, bound: 3 * Math.sqrt(variance / blocks) };
  }
}
