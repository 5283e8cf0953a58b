import type { Pool } from 'pg';
import type { DueDelivery } from './claim-deliveries.ts';
import { signatureOf } from './sign.ts';

const TIMEOUT_MS = 10_000;
/** Waits between tries, in seconds: hours at Stripe, here scaled to what somebody sitting in front of it can watch. The last one repeats. */
const WAITS_S = [0.5, 1, 2, 5, 10, 30] as const;
const MOST_TRIES = 24;

/** One try. Anything but 2xx counts as a failure, redirects too; the row is settled before this returns. */
export async function sendDelivery(pool: Pool, delivery: DueDelivery, stopping: AbortSignal): Promise<void> {
  const answer = await post(delivery, stopping);
  if (answer.ok) {
    await pool.query(
      `UPDATE deliveries SET status = 'delivered', attempts = attempts + 1, last_answer = $2 WHERE id = $1 AND status = 'pending'`,
      [delivery.id, answer.told],
    );
    return;
  }
  const tries = delivery.attempts + 1;
  const waitS = WAITS_S[Math.min(delivery.attempts, WAITS_S.length - 1)] ?? 30;
  await pool.query(
    `UPDATE deliveries SET status = $2, attempts = $3, last_answer = $4, next_at = clock_timestamp() + $5 * interval '1 second' WHERE id = $1 AND status = 'pending'`,
    [delivery.id, tries >= MOST_TRIES ? 'failed' : 'pending', tries, answer.told, waitS],
  );
}

async function post(delivery: DueDelivery, stopping: AbortSignal): Promise<{ ok: boolean; told: string }> {
  const body = JSON.stringify(delivery.event, null, 2);
  try {
    const response = await fetch(delivery.url, {
      method: 'POST',
      body,
      redirect: 'manual',
      signal: AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), stopping]),
      headers: {
        'Content-Type': 'application/json; charset=utf-8',
        'User-Agent': 'Stripe/1.0 (+https://stripe.com/docs/webhooks)',
        Accept: '*/*; q=0.5, application/xml',
        'Stripe-Signature': signatureOf(body, delivery.secret, Math.floor(Date.now() / 1000)),
      },
    });
    await response.body?.cancel();
    return { ok: response.status >= 200 && response.status < 300, told: String(response.status) };
  } catch (error) {
    return { ok: false, told: error instanceof Error ? error.name : 'unknown' };
  }
}
