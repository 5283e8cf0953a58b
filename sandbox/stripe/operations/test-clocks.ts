import { z } from 'zod';
import { cancelSubscription } from '../billing/cancel-subscription.ts';
import { invalid, refused } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { positive, text } from '../http/parameters.ts';
import { buildTestClock } from '../objects/others.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const createShape = z.strictObject({ frozen_time: positive, name: text.optional() });

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  if (work.scope.livemode) throw refused('Test clocks can only be used in test mode.');
  const clock = await work.insert(
    'test_helpers.test_clock',
    buildTestClock(work.wallNow(), input.frozen_time, input.name ?? null),
    { at: input.frozen_time },
  );
  await work.announce('test_helpers.test_clock.created', clock, input.frozen_time);
  return clock;
}

/** Answers at once; the way there is gone in the background. */
async function advance(work: UnitOfWork, input: { frozen_time: number }, id: string): Promise<object> {
  const clock = await work.get('test_helpers.test_clock', id);
  if (clock.status === 'advancing')
    throw refused('The test clock is still advancing. Wait until its status is ready.', {
      code: 'test_clock_advancing',
    });
  if (input.frozen_time <= clock.frozen_time) {
    throw invalid(
      `Cannot advance to ${String(input.frozen_time)} because it is not later than the clock's current frozen time of ${String(clock.frozen_time)}.`,
      { param: 'frozen_time' },
    );
  }
  const advancing = await work.put('test_helpers.test_clock', {
    ...clock,
    status: 'advancing',
    status_details: { advancing: { target_frozen_time: input.frozen_time } },
  });
  await work.announce('test_helpers.test_clock.advancing', advancing, clock.frozen_time);
  return advancing;
}

/** Takes its customers and their subscriptions with it. */
async function remove(work: UnitOfWork, id: string): Promise<object> {
  const clock = await work.get('test_helpers.test_clock', id);
  for (const customer of await work.all('customer', [{ path: ['test_clock'], equals: id }])) {
    for (const subscription of await work.ofCustomer('subscription', customer.id)) {
      if (!['canceled', 'incomplete_expired'].includes(subscription.status))
        await cancelSubscription(work, subscription, clock.frozen_time, {});
    }
    await work.remove('customer', customer.id);
    await work.announce('customer.deleted', customer, clock.frozen_time);
  }
  await work.remove('test_helpers.test_clock', id);
  await work.announce('test_helpers.test_clock.deleted', clock, clock.frozen_time);
  return { id, object: 'test_helpers.test_clock', deleted: true };
}

const BASE = '/v1/test_helpers/test_clocks';
export const testClocks: readonly Operation[] = [
  operation('POST', BASE, createShape, create),
  operation('GET', `${BASE}/:id`, z.strictObject({}), (work, _input, id) => work.get('test_helpers.test_clock', id)),
  operation('POST', `${BASE}/:id/advance`, z.strictObject({ frozen_time: positive }), advance),
  operation('DELETE', `${BASE}/:id`, z.strictObject({}), (work, _input, id) => remove(work, id)),
  listOperation('test_helpers.test_clock', BASE, { withCreated: false }),
];
