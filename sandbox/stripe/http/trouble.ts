/** Answers that Stripe gives on a bad day: too many requests, and errors of its own. For each account and mode, in memory: a restart ends it. */
import { createHash } from 'node:crypto';
import type { Scope } from '../store/unit-of-work.ts';
import { StripeError } from './errors.ts';

export interface TroubleSettings {
  /** Requests that are answered in any second; the others get 429. 0 answers none; left out, all. */
  readonly rate?: number | undefined;
  /** How many of the requests, between 0 and 1, are answered with 500. Which ones, the seed decides. */
  readonly errorRate?: number | undefined;
  readonly seed?: number | undefined;
}

export interface TroubleFigures {
  readonly requests: number;
  readonly limited: number;
  readonly broken: number;
  /** The most requests that came in any second, those that were turned away among them. */
  readonly busiestSecond: number;
}

interface Book {
  settings: TroubleSettings;
  requests: number;
  limited: number;
  broken: number;
  busiestSecond: number;
  /** Milliseconds at which those of the last second came, and which of them were let in. */
  recent: { readonly at: number; readonly admitted: boolean }[];
}

const WINDOW_MS = 1_000;

export class Trouble {
  readonly #books = new Map<string, Book>();
  readonly #now: () => number;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  /** Replaces what was set, and begins to count anew. */
  set(scope: Scope, settings: TroubleSettings): void {
    this.#books.set(keyOf(scope), {
      settings,
      requests: 0,
      limited: 0,
      broken: 0,
      busiestSecond: 0,
      recent: [],
    });
  }

  figures(scope: Scope): TroubleFigures | null {
    const book = this.#books.get(keyOf(scope));
    if (book === undefined) return null;
    const { requests, limited, broken, busiestSecond } = book;
    return { requests, limited, broken, busiestSecond };
  }

  /** @throws {StripeError} 429 or 500, as it was asked for. */
  meet(scope: Scope): void {
    const book = this.#books.get(keyOf(scope));
    if (book === undefined) return;
    const at = this.#now();
    book.requests += 1;
    book.recent = book.recent.filter((one) => one.at > at - WINDOW_MS);
    const { rate, errorRate = 0, seed = 1 } = book.settings;
    const admitted = rate === undefined || book.recent.filter((one) => one.admitted).length < rate;
    book.recent.push({ at, admitted });
    book.busiestSecond = Math.max(book.busiestSecond, book.recent.length);
    if (!admitted) {
      book.limited += 1;
      throw tooManyRequests();
    }
    if (draw(seed, book.requests) < errorRate) {
      book.broken += 1;
      throw new StripeError(
        500,
        { type: 'api_error', message: 'An error occurred with our servers, as the sandbox was asked for.' },
        { validation: true },
      );
    }
  }
}

function tooManyRequests(): StripeError {
  return new StripeError(
    429,
    { type: 'invalid_request_error', code: 'rate_limit', message: 'Request rate limit exceeded.' },
    { validation: true, headers: { 'Retry-After': '1', 'Stripe-Rate-Limited-Reason': 'global-rate' } },
  );
}

const keyOf = ({ account, livemode }: Scope): string => `${account} ${String(livemode)}`;

/** A number in [0, 1) that looks random and is the same for the same request of the same seed. */
function draw(seed: number, request: number): number {
  const digest = createHash('sha256')
    .update(`${String(seed)} ${String(request)}`)
    .digest();
  return digest.readUInt32BE() / 2 ** 32;
}
