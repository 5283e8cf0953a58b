import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { StripeApi, StripeAuth } from './client.ts';
import { PAGE_SIZE } from './list-objects.ts';
import { asJson, timedRead } from './read.ts';

export interface EventsPage {
  /** Newest first. */
  readonly events: readonly JsonObject[];
  /** Where the next page begins; null at the end. */
  readonly next: string | null;
  /** Stripe's second at which it answered. */
  readonly second: number;
}

/** How long Stripe keeps events. */
export const EVENTS_KEPT_DAYS = 30;

/** One page of the events that Stripe has told since this second. */
export async function listEvents(
  api: StripeApi,
  auth: StripeAuth,
  since: number,
  after: string | null,
): Promise<EventsPage> {
  const page = { limit: PAGE_SIZE, created: { gte: since }, ...(after === null ? {} : { starting_after: after }) };
  const { answer, span } = await timedRead(api, (stripe) => stripe.events.list(page, auth));
  const events = answer.data.map(asJson);
  const last = events.at(-1)?.['id'];
  return { events, next: answer.has_more && typeof last === 'string' ? last : null, second: span.to };
}
