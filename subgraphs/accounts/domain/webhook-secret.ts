/** What a provider signs deliveries with, without the text: that is unsealed where it is used and nowhere else. All instants are wall time. */
export interface WebhookSecret {
  readonly workspaceId: string;
  readonly id: string;
  readonly connectionId: string;
  readonly addedAt: Date;
  /** The first instant at which it counts no more; null: it does not expire. */
  readonly expiresAt: Date | null;
  /** To the minute. */
  readonly lastMatchedAt: Date | null;
}

/** Each wrong signature is compared with every secret, and a roll of two endpoints at once takes four. */
export const MOST_SECRETS = 5;

/** How long Stripe goes on signing with a secret that is rolled, at the most; and how long an old one counts unless told. */
export const LONGEST_OVERLAP_MS = 24 * 3_600_000;

/** Without it there would come an instant from which on no delivery is accepted. */
export function isLastToStay(id: string, all: readonly WebhookSecret[]): boolean {
  return all.every((other) => other.id === id || other.expiresAt !== null);
}
