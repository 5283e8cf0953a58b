import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';

export interface PayPageLimits {
  /** Looks at one link per minute. */
  readonly viewsPerLink: number;
  /** Hosted card pages asked for through one link per minute. */
  readonly submitsPerLink: number;
  /** Requests of any kind from one address per minute. A company's mail scanner and its people share one. */
  readonly requestsPerAddress: number;
}

export const DEFAULT_LIMITS: PayPageLimits = { viewsPerLink: 60, submitsPerLink: 10, requestsPerAddress: 120 };

export interface PayPageLimiter {
  /** @returns null when it may pass, else whole seconds until the next try. */
  check(request: { ip: string; tokenSha256: string; submits: boolean }): Promise<number | null>;
}

/**
 * Counts per process, on the wall clock: with n web processes a link gets n times as much. That is enough for what it protects (the
 * provider's API and our own work); guessing a token of 256 bits needs no limit.
 */
export function createPayPageLimiter(limits: PayPageLimits = DEFAULT_LIMITS): PayPageLimiter {
  const perMinute = (points: number): RateLimiterMemory => new RateLimiterMemory({ points, duration: 60 });
  const views = perMinute(limits.viewsPerLink);
  const submits = perMinute(limits.submitsPerLink);
  const addresses = perMinute(limits.requestsPerAddress);
  return {
    check: async (request) => {
      const byAddress = await take(addresses, request.ip);
      return byAddress ?? take(request.submits ? submits : views, request.tokenSha256);
    },
  };
}

async function take(limiter: RateLimiterMemory, key: string): Promise<number | null> {
  try {
    await limiter.consume(key);
    return null;
  } catch (refusal) {
    if (!(refusal instanceof RateLimiterRes)) throw refusal;
    return Math.max(1, Math.ceil(refusal.msBeforeNext / 1000));
  }
}
