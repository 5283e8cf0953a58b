/**
 * Keeps retries from multiplying an outage: a token per retry, a part of a token for each call that worked. Over any stretch of calls
 * there are at most `reserve + perSuccess × successes` retries.
 */
export class RetryBudget {
  readonly #reserve: number;
  readonly #perSuccess: number;
  #tokens: number;

  constructor({ reserve, perSuccess }: { readonly reserve: number; readonly perSuccess: number }) {
    this.#reserve = reserve;
    this.#perSuccess = perSuccess;
    this.#tokens = reserve;
  }

  get exhausted(): boolean {
    return this.#tokens < 1;
  }

  earn(): void {
    this.#tokens = Math.min(this.#reserve, this.#tokens + this.#perSuccess);
  }

  /** @returns whether there was one. */
  spend(): boolean {
    if (this.exhausted) return false;
    this.#tokens -= 1;
    return true;
  }
}
