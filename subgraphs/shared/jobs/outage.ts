import { ProviderUnavailableError } from '../errors/errors.ts';
import { retryAt } from './backoff.ts';

/** How long work waits for a provider that is away: as long as Stripe delivers a webhook again. Then a person has to look. */
const LONGEST_OUTAGE_MS = 3 * 86_400_000;

/**
 * Whether this failure is the provider's absence, and not (yet) one attempt less: however often we look within an outage, that says
 * nothing about the work. `since` is when the work was begun.
 */
export function isOutage(error: unknown, since: Date, now: Date): error is ProviderUnavailableError {
  return error instanceof ProviderUnavailableError && now.getTime() - since.getTime() < LONGEST_OUTAGE_MS;
}

/** When work that failed is taken up again: as after any trouble, but not before the provider's own word or the breaker's next probe. */
export function takenUpAt(now: Date, attempts: number, error: unknown, random: number = Math.random()): Date {
  const usual = retryAt(now, attempts, random);
  if (!(error instanceof ProviderUnavailableError) || error.retryAfter === null) return usual;
  // A little later than the probe, so that what waited together doesn't come back together.
  const told = now.getTime() + error.retryAfter * 1000 * (1 + random / 5);
  return new Date(Math.max(usual.getTime(), Math.round(told)));
}
