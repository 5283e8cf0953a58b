import { setTimeout as sleep } from 'node:timers/promises';
import { ProviderRefusedError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import type { StripeApi } from './client.ts';

export interface TestClock {
  readonly id: string;
  readonly frozenAt: Date;
  readonly ready: boolean;
}

/** Wall time that one move may take. Stripe's usually take some seconds. */
const MOVE_WITHIN_MS = 60_000;
const FIRST_POLL_MS = 20;
const LONGEST_POLL_MS = 1_000;

/** The test clocks of an account; it has at most some dozens. */
export async function listTestClocks(api: StripeApi, apiKey: string): Promise<readonly TestClock[]> {
  const clocks = await api.call((stripe) =>
    stripe.testHelpers.testClocks.list({ limit: 100 }, { apiKey }).autoPagingToArray({ limit: 1_000 }),
  );
  return clocks.map(({ id, frozen_time, status }) => ({
    id,
    frozenAt: new Date(frozen_time * 1000),
    ready: status === 'ready',
  }));
}

/**
 * Moves a clock to `instant` (to the second) and returns once it has arrived. Does nothing for one that is there or beyond.
 * @throws {ProviderRefusedError} when Stripe cannot move it: it allows two intervals of the shortest subscription at a time.
 * @throws {ProviderUnavailableError} when it has not arrived after a minute.
 */
export async function advanceTestClock(api: StripeApi, apiKey: string, clock: TestClock, instant: Date): Promise<void> {
  const target = Math.floor(instant.getTime() / 1000);
  const deadline = performance.now() + MOVE_WITHIN_MS;
  if (!clock.ready) await arrival(api, apiKey, clock.id, deadline);
  if (target <= clock.frozenAt.getTime() / 1000) return;
  // Asked twice for one stop (after a crash), the clock is moved once.
  const idempotencyKey = `oppulence-${clock.id}-${String(target)}`;
  await api.call((stripe) =>
    stripe.testHelpers.testClocks.advance(clock.id, { frozen_time: target }, { apiKey, idempotencyKey }),
  );
  await arrival(api, apiKey, clock.id, deadline);
}

async function arrival(api: StripeApi, apiKey: string, clockId: string, deadline: number): Promise<void> {
  for (let pause = FIRST_POLL_MS; ; pause = Math.min(pause * 2, LONGEST_POLL_MS)) {
    const { status } = await api.call((stripe) => stripe.testHelpers.testClocks.retrieve(clockId, {}, { apiKey }));
    if (status === 'ready') return;
    if (status === 'internal_failure')
      throw new ProviderRefusedError(
        'stripe',
        `Stripe could not move its test clock ${clockId}. Delete it there and start with a new one.`,
        status,
      );
    if (performance.now() > deadline)
      throw new ProviderUnavailableError(
        'stripe',
        `Stripe's test clock ${clockId} is still moving. Try again in a moment.`,
      );
    await sleep(pause);
  }
}

/** Whether an event since `since` (Stripe's time, which on a test clock is the clock's) still waits for one of the account's endpoints. */
export async function hasUndeliveredEvents(api: StripeApi, apiKey: string, since: Date): Promise<boolean> {
  const gte = Math.floor(since.getTime() / 1000);
  const page = await api.call((stripe) =>
    stripe.events.list({ limit: 1, delivery_success: false, created: { gte } }, { apiKey }),
  );
  return page.data.length > 0;
}
