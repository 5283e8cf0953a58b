import type { Stripe } from 'stripe';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { StripeApi } from './client.ts';

/** When the state that was read is from, in Stripe's seconds: somewhere between the two. */
export interface ReadSpan {
  readonly from: number;
  readonly to: number;
}

interface Answer {
  readonly lastResponse: { readonly headers: Readonly<Record<string, string>> };
}

/**
 * Makes a reading call and tells from when its answer is. Measured on Stripe's clock, since ours may be wrong: the answer's Date, less
 * the time it took (which needs no clock, only a watch) and one second, because Date has no finer resolution than that.
 */
export async function timedRead<T extends Answer>(
  api: StripeApi,
  fn: (stripe: Stripe) => Promise<T>,
): Promise<{ readonly answer: T; readonly span: ReadSpan }> {
  const asked = performance.now();
  const answer = await api.call(fn);
  const tookSeconds = (performance.now() - asked) / 1000;
  const date = Date.parse(answer.lastResponse.headers['date'] ?? '');
  if (Number.isNaN(date))
    throw new Error('Stripe answered without a Date header, so it cannot be told what its answer is newer than');
  const to = date / 1000;
  return { answer, span: { from: Math.floor(to - tookSeconds) - 1, to } };
}

/** An SDK object as the JSON it came as: the SDK turns some decimals into objects of its own. */
export function asJson(object: object): JsonObject {
  return JSON.parse(JSON.stringify(object)) as JsonObject;
}
