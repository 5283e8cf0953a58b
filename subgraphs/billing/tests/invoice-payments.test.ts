import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { offlineBilling, stripeEvent, toldInEveryOrder } from './factories.ts';

let harness: Harness;
const billing = offlineBilling();
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;
const payment = (status: string, amount_paid: number | null): JsonObject => ({
  id: 'inpay_1',
  object: 'invoice_payment',
  created: at,
  invoice: 'in_1',
  currency: 'eur',
  amount_paid,
  is_default: true,
  payment: { type: 'payment_intent', payment_intent: 'pi_1' },
  status,
});

it('which payment is an invoice’s ends the same in whatever order it is told, by whichever version of the API', async () => {
  const told = await toldInEveryOrder(harness, billing, [
    stripeEvent('invoice_payment.created', at, payment('open', null)),
    stripeEvent('invoice_payment.paid', at + 20, payment('paid', 2_900)),
    // As of 2024: it names its invoice, and its charge is not the one that pays in the end.
    stripeEvent('charge.failed', at + 30, {
      id: 'ch_1',
      object: 'charge',
      created: at,
      invoice: 'in_1',
      payment_intent: 'pi_1',
      status: 'failed',
    }),
  ]);
  for (const { workspaceId, order } of told) {
    const { rows } = await harness.admin.query<JsonObject>(
      'SELECT payment_stripe_id, charge_id, stripe_id, status, amount_paid_minor, is_default FROM stripe.invoice_payment WHERE workspace_id = $1',
      [workspaceId],
    );
    const types = order.map(({ type }) => type);
    expect([types, rows]).toEqual([
      types,
      [
        {
          payment_stripe_id: 'pi_1',
          charge_id: null,
          stripe_id: 'inpay_1',
          status: 'PAID',
          amount_paid_minor: '2900',
          is_default: true,
        },
      ],
    ]);
  }
});
