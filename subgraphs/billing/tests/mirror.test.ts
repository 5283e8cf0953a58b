import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Tx } from '#subgraphs/shared/db/context.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { createHarness, type Harness } from '#subgraphs/shared/testing/harness.ts';
import { COLUMNS, type ColumnSpec } from '../domain/columns.ts';
import { isMirrorKind, MIRROR_KINDS, type ObjectKind } from '../domain/kinds.ts';
import { assignPayout } from '../repositories/balance-transactions.ts';
import { saveChildren } from '../repositories/children.ts';
import { type MirrorRow, readMirror, saveMirror } from '../repositories/mirror.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import { normalise } from '../stripe/normalise/normalise.ts';
import { ACCOUNT, CONNECTION } from './factories.ts';

let harness: Harness;
let workspaceId: string;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

const at = 1_795_000_000;
const inWorkspaceTx = <T>(fn: (tx: Tx) => Promise<T>): Promise<T> => harness.context(workspaceId).transaction(fn);

function rowOf(kind: ObjectKind, content: JsonObject, more: Partial<MirrorRow> = {}): MirrorRow {
  const owner = { workspaceId, account: ACCOUNT };
  const stripeId = content['id'] as string;
  return {
    id: idOf(kind, stripeId, owner),
    account: ACCOUNT,
    stripeId,
    livemode: false,
    connectionId: CONNECTION,
    stripeCreatedAt: new Date(at * 1000),
    version: { created: at, from: null, rank: 1, eventId: 'evt_1', previous: { status: 'x' } },
    content,
    deleted: false,
    deletedAt: null,
    columns: normalise(kind, content, owner),
    ...more,
  };
}

const save = (kind: ObjectKind, rows: readonly MirrorRow[]): Promise<void> =>
  inWorkspaceTx((tx) => saveMirror(tx.query, workspaceId, kind, rows, harness.wall.now()));
const read = (kind: ObjectKind, ids: readonly string[]): Promise<ReadonlyMap<string, MirrorRow>> =>
  inWorkspaceTx((tx) => readMirror(tx.query, workspaceId, kind, ids));

/** One of each type of column, also where PostgreSQL's numbers end. */
const SAMPLE = {
  text: 'a\u0000b \ud83d\ude00 c\ud83d',
  bigint: 9_007_199_254_740_993n,
  integer: 2_147_483_647,
  boolean: true,
  timestamptz: new Date(at * 1000),
} as const;
const STORED = { ...SAMPLE, text: 'a\ufffdb \ud83d\ude00 c\ufffd' } as const;

beforeAll(async () => {
  workspaceId = await harness.newWorkspace();
});

describe.each([...MIRROR_KINDS, 'some_future_resource', 'billing.meter'])('a %s', (kind) => {
  const spec: ColumnSpec = isMirrorKind(kind) ? COLUMNS[kind] : {};
  const of = (values: Record<string, unknown>): MirrorRow['columns'] =>
    Object.fromEntries(Object.entries(spec).map(([field, type]) => [field, values[type]])) as MirrorRow['columns'];

  it('is written, read back, and written over', async () => {
    const content = { id: 'x_1', object: kind, name: 'a\u0000b' };
    const first = rowOf(kind, content, { columns: of(SAMPLE) });
    await save(kind, [first]);
    const found = (await read(kind, [first.id])).get(first.id);
    expect(found).toEqual({ ...first, content: { ...content, name: 'a\ufffdb' }, columns: of(STORED) });
    // Read and written again, as for an event that says nothing of any column.
    const later = {
      ...first,
      columns: found?.columns ?? {},
      version: { ...first.version, created: at + 1, previous: null },
    };
    await save(kind, [{ ...later, deleted: true, deletedAt: new Date((at + 1) * 1000) }]);
    expect((await read(kind, [first.id])).get(first.id)).toMatchObject({
      deleted: true,
      columns: of(STORED),
      version: { created: at + 1, previous: null },
    });
  });

  it('a hundred of them are one statement, and each is itself', async () => {
    const rows = Array.from({ length: 100 }, (_, i) =>
      rowOf(kind, { id: `many_${String(i)}`, object: kind }, { columns: of({ ...SAMPLE, bigint: BigInt(i) }) }),
    );
    await save(kind, rows);
    const found = await read(
      kind,
      rows.map(({ id }) => id),
    );
    expect([...found.values()].map(({ stripeId }) => stripeId).toSorted()).toEqual(
      rows.map(({ stripeId }) => stripeId).toSorted(),
    );
  });

  it('is not seen from another workspace', async () => {
    const mine = rowOf(kind, { id: 'x_mine', object: kind }, { columns: of(SAMPLE) });
    await save(kind, [mine]);
    const other = await harness.newWorkspace();
    const seen = await harness.context(other).transaction(async (tx) => [
      ...(await readMirror(tx.query, other, kind, [mine.id])),
      // Even asked for by the name of the workspace whose it is.
      ...(await readMirror(tx.query, workspaceId, kind, [mine.id])),
    ]);
    expect(seen).toEqual([]);
  });
});

it('two kinds without a table, with one Stripe id, are two rows', async () => {
  const rows = ['mandate', 'payment_link'].map((kind) => rowOf(kind, { id: 'same', object: kind }));
  for (const row of rows) await save(row.content['object'] as string, [row]);
  const { rows: kept } = await harness.admin.query<{ kind: string; raw: JsonObject }>(
    `SELECT kind, raw FROM stripe.object WHERE workspace_id = $1 AND stripe_id = 'same' ORDER BY kind`,
    [workspaceId],
  );
  expect(kept.map(({ kind, raw }) => [kind, raw['object']])).toEqual([
    ['mandate', 'mandate'],
    ['payment_link', 'payment_link'],
  ]);
});

describe('rows inside objects', () => {
  const before = new Map<string, MirrorRow>();
  const children = async (
    kind: ObjectKind,
    contents: readonly JsonObject[],
    more: Partial<MirrorRow> = {},
  ): Promise<void> => {
    const parents = contents.map((content) => ({ kind, row: rowOf(kind, content, more) }));
    await inWorkspaceTx((tx) => saveChildren(tx.query, workspaceId, parents, harness.wall.now(), before));
    for (const { row } of parents) before.set(row.id, row);
  };
  const live = async (table: string, owner: string): Promise<JsonObject[]> => {
    const { rows } = await harness.admin.query<{ row: JsonObject }>(
      `SELECT to_jsonb(t) AS row FROM stripe.${table} t WHERE workspace_id = $1 AND deleted_at IS NULL
         AND $2 IN (to_jsonb(t)->>'invoice_id', to_jsonb(t)->>'credit_note_id', to_jsonb(t)->>'subscription_id', to_jsonb(t)->>'owner_id')
       ORDER BY stripe_id`,
      [workspaceId, owner],
    );
    return rows.map(({ row }) => row);
  };
  const ours = (kind: ObjectKind, stripeId: string): string => idOf(kind, stripeId, { workspaceId, account: ACCOUNT });
  const line = (n: number, amount = 100): JsonObject => ({
    id: `il_${String(n).padStart(2, '0')}`,
    amount,
    currency: 'usd',
    description: 'x',
    discount_amounts: [],
    taxes: [],
    subtotal: amount,
    parent: null,
    pricing: null,
    period: { start: at, end: at + 1 },
    quantity: 1,
  });
  const invoice = (id: string, lines: readonly JsonObject[], has_more: boolean, more: JsonObject = {}): JsonObject => ({
    id,
    object: 'invoice',
    currency: 'usd',
    lines: { object: 'list', data: [...lines], has_more },
    discounts: [],
    total_taxes: [],
    ...more,
  });

  it('of a cut list take nothing away; once all 24 are read, they add up to the total', async () => {
    const all = Array.from({ length: 24 }, (_, i) => line(i, i % 2 === 0 ? 100 : -50));
    await children('invoice', [invoice('in_cut', all.slice(0, 10), true)]);
    expect(await live('invoice_line', ours('invoice', 'in_cut'))).toHaveLength(10);
    await children('invoice', [invoice('in_cut', all, false)]);
    await children('invoice', [invoice('in_cut', all.slice(0, 10), true)]);
    const kept = await live('invoice_line', ours('invoice', 'in_cut'));
    expect(kept).toHaveLength(24);
    expect(kept.reduce((sum, row) => sum + Number(row['amount_minor']), 0)).toBe(600);
    expect(kept.map((row) => row['position'])).toEqual(all.map((_, i) => i));
  });

  it('that a complete list no longer names are gone, and only those of that object', async () => {
    await children('invoice', [invoice('in_a', [line(50), line(51)], false), invoice('in_b', [line(60)], false)]);
    await children('invoice', [invoice('in_a', [line(51)], false)]);
    const of = async (id: string): Promise<unknown[]> =>
      (await live('invoice_line', ours('invoice', id))).map((row) => row['stripe_id']);
    expect([await of('in_a'), await of('in_b')]).toEqual([['il_51'], ['il_60']]);
    await children('invoice', [invoice('in_a', [line(50), line(51)], false)]);
    expect(await of('in_a')).toEqual(['il_50', 'il_51']);
  });

  it('go with what they belong to', async () => {
    await children('invoice', [invoice('in_gone', [line(70)], false)]);
    await children('invoice', [invoice('in_gone', [line(70)], false)], { deleted: true });
    expect(await live('invoice_line', ours('invoice', 'in_gone'))).toEqual([]);
  });

  it('that say the same again are left alone', async () => {
    const written = async (): Promise<unknown[]> =>
      (await live('invoice_line', ours('invoice', 'in_same'))).map((row) => row['synced_at']);
    await children('invoice', [invoice('in_same', [line(80), line(81)], false)]);
    const before = await written();
    harness.wall.advance({ minutes: 1 });
    await children('invoice', [invoice('in_same', [line(80), line(81, 7)], false)]);
    const after = await written();
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([true, false]);
  });

  it('keep what an older version of the API does not say', async () => {
    await children('invoice', [invoice('in_old', [line(90)], false)]);
    const legacy: JsonObject = { ...line(90), subtotal: null, amount: 100, price: null };
    delete legacy['subtotal'];
    delete legacy['parent'];
    delete legacy['pricing'];
    await children('invoice', [invoice('in_old', [legacy], false)]);
    expect(await live('invoice_line', ours('invoice', 'in_old'))).toMatchObject([{ subtotal_minor: 100 }]);
  });

  it('a discount that is only named keeps the coupon that is known of it', async () => {
    const full = { id: 'di_1', object: 'discount', source: { type: 'coupon', coupon: 'c_1' }, start: at, end: null };
    await children('subscription', [
      { id: 'sub_d', object: 'subscription', discounts: [full], items: { data: [], has_more: false } },
    ]);
    await children('subscription', [
      { id: 'sub_d', object: 'subscription', discounts: ['di_1'], items: { data: [], has_more: false } },
    ]);
    expect(await live('discount', ours('subscription', 'sub_d'))).toMatchObject([
      { coupon_id: ours('coupon', 'c_1'), raw: { id: 'di_1' } },
    ]);
    await children('subscription', [
      { id: 'sub_d', object: 'subscription', discounts: [], items: { data: [], has_more: false } },
    ]);
    expect(await live('discount', ours('subscription', 'sub_d'))).toEqual([]);
  });

  it('taxes and lines of credit notes are kept too', async () => {
    const note = {
      id: 'cn_1',
      object: 'credit_note',
      currency: 'eur',
      lines: { data: [{ id: 'cnli_1', amount: 5, invoice_line_item: 'il_00' }], has_more: false },
      total_taxes: [
        { amount: 1, tax_behavior: 'exclusive', tax_rate_details: { tax_rate: 'txr_1' }, taxable_amount: 4 },
      ],
    };
    await children('credit_note', [note]);
    expect(await live('credit_note_line', ours('credit_note', 'cn_1'))).toMatchObject([{ amount_minor: 5 }]);
    expect(await live('tax_amount', ours('credit_note', 'cn_1'))).toMatchObject([
      { amount_minor: 1, inclusive: false },
    ]);
  });

  it('of a hundred objects are written together', async () => {
    const many = Array.from({ length: 100 }, (_, i) => invoice(`in_many_${String(i)}`, [line(1_000 + i)], false));
    await children('invoice', many);
    expect(await live('invoice_line', ours('invoice', 'in_many_99'))).toHaveLength(1);
  });

  it('a kind that has none costs nothing', async () => {
    await expect(children('charge', [{ id: 'ch_1', object: 'charge' }])).resolves.toBeUndefined();
  });
});

it('a balance transaction keeps the payout it was found in when it is read again', async () => {
  const moved = rowOf('balance_transaction', {
    id: 'txn_1',
    object: 'balance_transaction',
    amount: 5,
    currency: 'usd',
  });
  await save('balance_transaction', [moved]);
  const payoutId = idOf('payout', 'po_1', { workspaceId, account: ACCOUNT });
  await inWorkspaceTx((tx) => assignPayout(tx.db, workspaceId, payoutId, [moved.id], harness.wall.now()));
  const known = (await read('balance_transaction', [moved.id])).get(moved.id);
  expect(known?.columns).toMatchObject({ payoutId, amountMinor: 5n });
});
