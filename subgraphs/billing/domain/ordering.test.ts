import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { evidenceOf, fold, FoldedRow, permutations, type SentEvent, sent as event } from '../tests/fold.ts';
import type { MirrorKind } from './kinds.ts';

const at = 1_795_000_000;
const invoice = (status: string, attempt_count: number, more: JsonObject = {}): JsonObject => ({
  object: 'invoice',
  id: 'in_1',
  status,
  attempt_count,
  ...more,
});

describe('every order of events of one second ends in the same state', () => {
  const histories: Record<string, { kind: MirrorKind; events: SentEvent[] }> = {
    'invoice created, finalized, updated, paid': {
      kind: 'invoice',
      events: [
        event('invoice.created', at, invoice('draft', 0)),
        event('invoice.finalized', at, invoice('open', 0)),
        event('invoice.updated', at, invoice('paid', 1), { status: 'open', attempt_count: 0 }),
        event('invoice.paid', at, invoice('paid', 1)),
      ],
    },
    'invoice finalized, failed, failed again, written off, paid after all': {
      kind: 'invoice',
      events: [
        event('invoice.finalized', at, invoice('open', 0)),
        event('invoice.payment_failed', at, invoice('open', 1)),
        event('invoice.payment_failed', at, invoice('open', 2)),
        event('invoice.marked_uncollectible', at, invoice('uncollectible', 2)),
        event('invoice.paid', at, invoice('paid', 3)),
      ],
    },
    'payment intent created, failed, succeeded': {
      kind: 'payment_intent',
      events: [
        event('payment_intent.created', at, { status: 'requires_confirmation' }),
        event('payment_intent.payment_failed', at, { status: 'requires_payment_method', latest_charge: 'ch_1' }),
        event('payment_intent.succeeded', at, { status: 'succeeded', latest_charge: 'ch_2' }),
      ],
    },
    'charge pending, updated while pending, succeeded': {
      kind: 'charge',
      events: [
        event('charge.pending', at, { status: 'pending', captured: false }),
        event('charge.updated', at, { status: 'pending', captured: false, description: 'x' }, { description: null }),
        event('charge.succeeded', at, { status: 'succeeded', captured: true, description: 'x' }),
      ],
    },
    'subscription created, active, past due, active, canceled': {
      kind: 'subscription',
      events: [
        event('customer.subscription.created', at, { status: 'incomplete' }),
        event('customer.subscription.updated', at, { status: 'active' }, { status: 'incomplete' }),
        event(
          'customer.subscription.updated',
          at,
          { status: 'past_due', latest_invoice: 'in_2' },
          { status: 'active', latest_invoice: null },
        ),
        event(
          'customer.subscription.updated',
          at,
          { status: 'active', latest_invoice: 'in_2' },
          { status: 'past_due' },
        ),
        event('customer.subscription.deleted', at, { status: 'canceled', latest_invoice: 'in_2' }),
      ],
    },
    'customer created, moved, moved back, deleted': {
      kind: 'customer',
      events: [
        event('customer.created', at, { email: 'a@example.com' }),
        event('customer.updated', at, { email: 'b@example.com' }, { email: 'a@example.com' }),
        event('customer.updated', at, { email: 'a@example.com' }, { email: 'b@example.com' }),
        event('customer.deleted', at, { email: 'a@example.com' }),
      ],
    },
    'payment method attached, renewed, taken off': {
      kind: 'payment_method',
      events: [
        event('payment_method.attached', at, { customer: 'cus_1', card: { exp_year: 2026 } }),
        event(
          'payment_method.automatically_updated',
          at,
          { customer: 'cus_1', card: { exp_year: 2030 } },
          { card: { exp_year: 2026 } },
        ),
        event('payment_method.detached', at, { customer: null, card: { exp_year: 2030 } }),
      ],
    },
  };
  it.each(Object.entries(histories))('%s', (_name, { kind, events }) => {
    const last = events.at(-1);
    const truth = last?.type === 'customer.deleted' ? null : (last?.object ?? null);
    for (const arrivals of permutations(events)) {
      const { state } = fold(kind, arrivals, truth);
      expect({ order: arrivals.map(({ type }) => type), content: state?.content, deleted: state?.deleted }).toEqual({
        order: arrivals.map(({ type }) => type),
        content: last?.object,
        deleted: truth === null,
      });
    }
  });
});

describe('two updates of a customer in one second', () => {
  const first = event('customer.updated', at, { name: 'B', email: 'x' }, { name: 'A' });
  const second = event('customer.updated', at, { name: 'B', email: 'y' }, { email: 'x' });
  const unlinked = event('customer.updated', at, { name: 'C', email: 'z' }, { name: 'Q' });

  it.each([[[first, second]], [[second, first]]])(
    'are told apart by previous_attributes, without asking Stripe',
    (arrivals) => {
      const row = fold('customer', arrivals, second.object);
      expect(row.state?.content).toEqual(second.object);
      expect(row.rereads).toBe(0);
    },
  );

  it.each([[[first, unlinked]], [[unlinked, first]]])(
    'are read from Stripe, once, when nothing links them',
    (arrivals) => {
      const row = fold('customer', arrivals, unlinked.object);
      expect(row.state?.content).toEqual(unlinked.object);
      expect(row.rereads).toBe(1);
    },
  );
});

describe('what is older', () => {
  it('changes nothing, though it comes hours later', () => {
    const now = event('customer.subscription.updated', at, { status: 'active', items: 'new' });
    const stale = event('customer.subscription.updated', at - 7_200, { status: 'active', items: 'old' });
    expect(fold('subscription', [now, stale], null).state?.content).toEqual(now.object);
  });

  it('is not assumed from a state that looks final: a canceled subscription can be edited, a succeeded charge refunded', () => {
    const canceled = event('customer.subscription.deleted', at, { status: 'canceled' });
    const edited = event('customer.subscription.updated', at + 60, { status: 'canceled', metadata: { note: 'x' } });
    expect(fold('subscription', [canceled, edited], null).state?.content).toEqual(edited.object);
    const charged = event('charge.succeeded', at, { status: 'succeeded', captured: true, amount_refunded: 0 });
    const refunded = event('charge.refunded', at + 60, { status: 'succeeded', captured: true, amount_refunded: 10 });
    const disputed = event('charge.updated', at + 120, { ...refunded.object, disputed: true }, { disputed: false });
    for (const arrivals of permutations([charged, refunded, disputed]))
      expect(fold('charge', arrivals, null).state?.content).toEqual(disputed.object);
  });
});

describe('a deleted object', () => {
  const created = event('product.created', at, { name: 'Starter' });
  const deleted = event('product.deleted', at + 100, { name: 'Starter' });
  const late = event('product.updated', at + 90, { name: 'Starter!' }, { name: 'Starter' });
  const muchLater = event('product.updated', at + 500, { name: 'Starter?' }, { name: 'Starter' });

  it.each([
    [[created, deleted, late]],
    [[deleted, created, late]],
    [[late, deleted, created]],
    [[created, deleted, muchLater]],
  ])('stays deleted', (arrivals) => {
    expect(fold('product', arrivals, null).state?.deleted).toBe(true);
  });

  it('lives again when the merchant uses its id again', () => {
    const again = {
      ...event('product.created', at + 200, { name: 'Second life' }),
      object: { created: at + 200, name: 'Second life' },
    };
    for (const arrivals of permutations([created, deleted, again])) {
      const { state } = fold('product', arrivals, again.object);
      expect([state?.deleted, state?.content]).toEqual([false, again.object]);
    }
  });

  it('is not brought back by a page that was read before it was deleted', () => {
    const row = fold('product', [created, deleted], null);
    row.take({ source: 'READ', from: at + 98, to: at + 101, content: created.object, causal: false });
    expect(row.state?.deleted).toBe(true);
  });
});

describe('a page of the backfill and events', () => {
  const page = { source: 'READ', from: at + 8, to: at + 10, content: { name: 'as read' }, causal: false } as const;
  const withRow = (): FoldedRow => {
    const row = new FoldedRow('customer');
    row.take(page);
    return row;
  };

  it('an event later than the answer’s Date is newer', () => {
    const row = withRow();
    row.take(evidenceOf(event('customer.updated', at + 11, { name: 'later' })));
    expect([row.state?.content['name'], row.rereads]).toEqual(['later', 0]);
  });

  it('an event from before the question is in the page already', () => {
    const row = withRow();
    row.take(evidenceOf(event('customer.updated', at + 7, { name: 'earlier' })));
    row.settle({ name: 'never asked' }, at + 20);
    expect([row.state?.content['name'], row.rereads]).toEqual(['as read', 0]);
  });

  it.each([8, 9, 10])('an event of second +%i may be in the page or not, so the object is read again', (second) => {
    const row = withRow();
    row.take(evidenceOf(event('customer.updated', at + second, { name: 'who knows' })));
    row.settle({ name: 'who knows' }, at + 20);
    expect([row.state?.content['name'], row.rereads]).toEqual(['who knows', 1]);
  });

  it('needs no second read when the event says what the page says', () => {
    const row = withRow();
    row.take(evidenceOf(event('customer.updated', at + 9, { created: null, name: 'as read' })));
    row.settle({ name: 'never asked' }, at + 20);
    expect([row.state?.content['name'], row.rereads]).toEqual(['as read', 0]);
  });

  it('a page read before an event does not undo it', () => {
    const row = new FoldedRow('customer');
    row.take(evidenceOf(event('customer.updated', at + 11, { name: 'newer' })));
    row.take(page);
    expect(row.state?.content['name']).toBe('newer');
  });

  it('an invoice that the page shows as paid is not reopened by a failure on a test clock that runs ahead', () => {
    const row = new FoldedRow('invoice');
    row.take({ source: 'READ', from: at, to: at + 1, content: invoice('paid', 2), causal: false });
    row.take(evidenceOf(event('invoice.payment_failed', at + 86_400, invoice('open', 1))));
    expect(row.state?.content['status']).toBe('paid');
  });
});

/** A circle of three or more states within one second: the one thing that events alone cannot show, and that the rule does not ask about. */
function goesRound(truth: readonly { readonly ms: number; readonly content: JsonObject }[]): boolean {
  return truth.some((a, i) =>
    truth.some(
      (b, j) =>
        j - i >= 3 && Math.floor(a.ms / 1000) === Math.floor(b.ms / 1000) && isDeepStrictEqual(a.content, b.content),
    ),
  );
}

describe('a life of any length, with reads in between, told in any order', () => {
  // Stripe's clock in milliseconds; events are dated to the second, as Stripe does.
  const step = fc.record({
    pauseMs: fc.integer({ min: 0, max: 1_500 }),
    field: fc.constantFrom('email', 'name', 'phone'),
    value: fc.integer({ min: 0, max: 2 }),
    linked: fc.boolean(),
  });
  const delivery = fc.record({
    delayMs: fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 20_000 })),
    twice: fc.boolean(),
  });
  const read = fc.record({
    atMs: fc.integer({ min: 0, max: 15_000 }),
    tookMs: fc.integer({ min: 0, max: 3_000 }),
    when: fc.double({ min: 0, max: 1, noNaN: true }),
    // From the answer to its being written.
    lagMs: fc.integer({ min: 0, max: 4_000 }),
  });

  it('ends as Stripe has it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(step, delivery), { minLength: 1, maxLength: 12 }),
        fc.array(read, { maxLength: 3 }),
        (life, reads) => {
          const truth: { ms: number; content: JsonObject }[] = [];
          const agenda: { ms: number; act: (row: FoldedRow) => void }[] = [];
          let [ms, content] = [at * 1000, { created: at } as JsonObject];
          for (const [index, [{ pauseMs, field, value, linked }, { delayMs, twice }]] of life.entries()) {
            ms += pauseMs;
            const before = content;
            content = { ...before, [field]: String(value) };
            truth.push({ ms, content });
            const type = index === 0 ? 'customer.created' : linked ? 'customer.updated' : 'customer.bounced';
            const sent = {
              ...event(type, Math.floor(ms / 1000), content),
              object: content,
              previous: index > 0 && linked ? { [field]: before[field] ?? null } : null,
            };
            for (const extra of twice ? [0, 900] : [0])
              agenda.push({
                ms: ms + delayMs + extra,
                act: (row) => {
                  row.take(evidenceOf(sent));
                },
              });
          }
          fc.pre(!goesRound(truth));
          const stateAt = (when: number): JsonObject | null =>
            truth.findLast((version) => version.ms <= when)?.content ?? null;
          for (const { atMs, tookMs, when, lagMs } of reads) {
            const [asked, answered] = [at * 1000 + atMs, at * 1000 + atMs + tookMs];
            const seen = stateAt(asked + when * tookMs);
            const to = Math.floor(answered / 1000);
            const evidence = {
              source: 'READ',
              from: Math.floor(to - tookMs / 1000) - 1,
              to,
              content: seen,
              causal: false,
            } as const;
            if (seen !== null)
              agenda.push({
                ms: answered + lagMs,
                act: (row) => {
                  row.take(evidence);
                },
              });
          }
          const row = new FoldedRow('customer');
          for (const { ms: now, act } of agenda.toSorted((a, b) => a.ms - b.ms)) {
            act(row);
            row.settle(stateAt(now), Math.floor(now / 1000));
          }
          expect(row.state?.content).toEqual(content);
        },
      ),
      { numRuns: 2_000, seed: 20_261_120 },
    );
  });
});
