export const ATTRIBUTIONS = ['LINK', 'OUR_RETRY', 'ORGANIC'] as const;
export type Attribution = (typeof ATTRIBUTIONS)[number];

export const ATTEMPT_STATES = ['SCHEDULED', 'SENDING', 'SUCCEEDED', 'DECLINED', 'SKIPPED', 'UNKNOWN'] as const;
export type AttemptState = (typeof ATTEMPT_STATES)[number];
export type AttemptOrigin = 'WORKFLOW' | 'LINK';

const REACHED_PROVIDER: ReadonlySet<AttemptState> = new Set(['SENDING', 'SUCCEEDED', 'UNKNOWN']);

/**
 * Why an invoice got paid, first rule that holds:
 * 1. LINK: the customer entered a new card through a link, and that card was not refused since (who then collected does not matter);
 * 2. OUR_RETRY: an attempt of ours is in flight or succeeded (the provider's news often arrives before our own answer);
 * 3. ORGANIC: everything else: paid elsewhere, or by the provider's own retries.
 */
export function attributeRecovery(facts: {
  readonly completedLinkIds: readonly string[];
  readonly attempts: readonly {
    readonly origin: AttemptOrigin;
    readonly linkId: string | null;
    readonly state: AttemptState;
  }[];
}): Attribution {
  const refused = new Set(facts.attempts.filter(({ state }) => state === 'DECLINED').map(({ linkId }) => linkId));
  if (facts.completedLinkIds.some((linkId) => !refused.has(linkId))) return 'LINK';
  if (facts.attempts.some(({ state }) => REACHED_PROVIDER.has(state))) return 'OUR_RETRY';
  return 'ORGANIC';
}
