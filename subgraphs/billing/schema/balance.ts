import type { EnumRef } from '@pothos/core';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import { type PayoutReconciliation, payoutReconciliation } from '../domain/payout-reconciliation.ts';
import { loadBalanceTransaction, loadCharge, loadPayout, loadPayoutTotal, loadTransfer } from '../loaders.ts';
import { type BalanceTransactionRow, balanceTransactions, payouts, transfers } from '../repositories/mirrored.ts';
import { addEntity, type BillingTypes } from './builder.ts';
import { addQueries } from './lists.ts';
import type { MirroredRef } from './mirrored.ts';
import { moneyIfSaid } from './money.ts';
import { addWords } from './words.ts';

export function addBalanceTransaction(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.BalanceTransaction.implement({
    description: 'One movement of the merchant’s balance at Stripe.',
    interfaces: [Mirrored],
    fields: (t) => ({
      type: t.exposeString('type', {
        nullable: true,
        description: 'What kind of movement, in Stripe’s words and in capitals: `CHARGE`, `STRIPE_FEE`.',
      }),
      reportingCategory: t.exposeString('reportingCategory', {
        nullable: true,
        description: 'The same, as accounting groups them: `CHARGE`, `FEE`, `REFUND`.',
      }),
      status: t.exposeString('status', {
        nullable: true,
        description: '`PENDING`, or `AVAILABLE` once it can be paid out.',
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What moved, before fees; negative is money that left.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      fee: t.field({
        type: 'Money',
        nullable: true,
        description: 'What Stripe kept of it.',
        resolve: ({ feeMinor, currency }) => moneyIfSaid(feeMinor, currency),
      }),
      net: t.field({
        type: 'Money',
        nullable: true,
        description: 'Amount less fee.',
        resolve: ({ netMinor, currency }) => moneyIfSaid(netMinor, currency),
      }),
      exchangeRate: t.expose('exchangeRate', {
        type: 'Decimal',
        nullable: true,
        description: 'What was multiplied with, when it was converted.',
      }),
      sourceStripeId: t.exposeString('sourceStripeId', {
        nullable: true,
        description: 'Stripe’s id of what moved it: `ch_…`, `re_…`, `po_…`.',
      }),
      payout: t.field({
        type: types.Payout,
        nullable: true,
        description:
          'The payout it was paid out in. Null: not yet, not read yet, or in one by hand, of which Stripe does not know what it pays out.',
        resolve: ({ payoutId }, _args, ctx) => loadPayout(ctx, payoutId),
      }),
      availableAt: t.expose('availableAt', {
        type: 'DateTime',
        nullable: true,
        description: 'From when on it can be paid out.',
      }),
      description: t.exposeString('description', { nullable: true, description: 'In the words of whoever moved it.' }),
    }),
  });
  addEntity(builder, types.BalanceTransaction, loadBalanceTransaction);
  addQueries(builder, {
    one: 'balanceTransaction',
    many: 'balanceTransactions',
    called: { one: 'balance transaction', many: 'balance transactions' },
    type: types.BalanceTransaction,
    reads: balanceTransactions,
    load: loadBalanceTransaction,
    filters: (arg) => ({
      type: arg.string({ description: 'Of this kind, in capitals.' }),
      payoutId: arg.id({ description: 'Paid out in this payout.' }),
      sourceStripeId: arg.string({ description: 'Moved by the object with this id of Stripe’s.' }),
    }),
  });
}

function addPayoutReconciliation(
  builder: SubgraphBuilder,
): EnumRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, PayoutReconciliation, PayoutReconciliation> {
  return builder.enumType('PayoutReconciliation', {
    description: 'How far it is known what was paid out in a payout.',
    values: {
      NOT_APPLICABLE: { description: 'Never: it was made by hand, and Stripe does not know what it pays out.' },
      PENDING: { description: 'Not yet: Stripe has not settled it, or its transactions were not read since.' },
      COMPLETE: { description: 'All of its transactions are here and add up to its amount.' },
      MISMATCHED: { description: 'Stripe has named all of its transactions, and they do not add up to its amount.' },
    },
  });
}

export function addPayout(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  const Status = addWords(builder, 'PayoutStatus', 'Where a payout stands.', {
    PENDING: 'Not sent to the bank yet.',
    IN_TRANSIT: 'Sent to the bank.',
    PAID: 'Paid. The bank may still send it back.',
    FAILED: 'The bank sent it back.',
    CANCELED: 'Given up before it was sent.',
  });
  const Reconciliation = addPayoutReconciliation(builder);
  types.Payout.implement({
    description: 'Money on its way from Stripe to the merchant’s bank.',
    interfaces: [Mirrored],
    fields: (t) => ({
      status: t.field({
        type: Status.type,
        nullable: true,
        description: 'Where it stands.',
        resolve: ({ status }) => Status.ifSaid(status),
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What is paid out; negative is what Stripe takes back from the bank.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      arrivalAt: t.expose('arrivalAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it is expected at the bank.',
      }),
      automatic: t.exposeBoolean('automatic', { nullable: true, description: 'Whether Stripe’s schedule made it.' }),
      method: t.exposeString('method', { nullable: true, description: '`STANDARD` or `INSTANT`.' }),
      destinationStripeId: t.exposeString('destinationStripeId', {
        nullable: true,
        description: 'Stripe’s id of the bank account or card.',
      }),
      failureCode: t.exposeString('failureCode', {
        nullable: true,
        description: 'Why it failed, in Stripe’s words: `account_closed`.',
      }),
      failureMessage: t.exposeString('failureMessage', {
        nullable: true,
        description: 'Stripe’s words for it, in English.',
      }),
      statementDescriptor: t.exposeString('statementDescriptor', {
        nullable: true,
        description: 'What the bank statement says.',
      }),
      traceNumber: t.expose('traceId', {
        type: 'String',
        nullable: true,
        description: 'The banks’ own number for it, to find it on the bank statement by.',
      }),
      reconciliationStatus: t.exposeString('reconciliationStatus', {
        nullable: true,
        description: '`COMPLETED` once Stripe knows all that was paid out in it.',
      }),
      reconciliation: t.field({
        type: Reconciliation,
        description: 'Whether it is known what was paid out in it, and whether that adds up.',
        resolve: async (payout, _args, ctx) => payoutReconciliation(payout, await loadPayoutTotal(ctx, payout.id)),
      }),
      reconciledAmount: t.field({
        type: 'Money',
        nullable: true,
        description:
          'The sum of the nets of its balance transactions, without its own: once `reconciliation` is COMPLETE, its amount. Null when none is known.',
        resolve: async ({ id, currency }, _args, ctx) =>
          moneyIfSaid((await loadPayoutTotal(ctx, id))?.netMinor ?? null, currency),
      }),
      balanceTransaction: t.field({
        type: types.BalanceTransaction,
        nullable: true,
        description: 'How it moved the balance.',
        resolve: ({ balanceTransactionId }, _args, ctx) => loadBalanceTransaction(ctx, balanceTransactionId),
      }),
      originalPayout: t.field({
        type: types.Payout,
        nullable: true,
        description: 'The payout that this one takes back.',
        resolve: ({ originalPayoutId }, _args, ctx) => loadPayout(ctx, originalPayoutId),
      }),
      reversedBy: t.field({
        type: types.Payout,
        nullable: true,
        description: 'The payout that takes this one back.',
        resolve: ({ reversedById }, _args, ctx) => loadPayout(ctx, reversedById),
      }),
      balanceTransactions: t.connection(
        {
          type: types.BalanceTransaction,
          description:
            'What was paid out in it, newest first; `reconciliation` says whether that is all of it. They add up to nothing: the payout is one of them.',
          resolve: ({ id }, { first, last, before, after }, { useCases: { db, workspaceId } }) =>
            keysetConnection<BalanceTransactionRow>(
              { first, last, before, after },
              {
                key: (row) => ({ at: row.stripeCreatedAt, id: row.id }),
                page: (page) =>
                  balanceTransactions.page(db, workspaceId, { payoutId: id }, keysetQuery('stripeCreatedAt', page)),
                count: () => balanceTransactions.count(db, workspaceId, { payoutId: id }, COUNTED_TO),
              },
            ),
        },
        {
          name: 'PayoutBalanceTransactionConnection',
          description: 'A page of what was paid out in a payout.',
          fields: (c) => ({
            totalCount: c.int({
              description: 'How many there are; counting stops at 10,000.',
              resolve: (list) => list.totalCount(),
            }),
          }),
        },
        { name: 'PayoutBalanceTransactionEdge', description: 'One balance transaction and its place in the list.' },
      ),
    }),
  });
  addEntity(builder, types.Payout, loadPayout);
  addQueries(builder, {
    one: 'payout',
    many: 'payouts',
    called: { one: 'payout', many: 'payouts' },
    type: types.Payout,
    reads: payouts,
    load: loadPayout,
    filters: (arg) => ({
      status: arg({ type: Status.type, description: 'In this state.' }),
    }),
  });
}

export function addTransfer(builder: SubgraphBuilder, types: BillingTypes, Mirrored: MirroredRef): void {
  types.Transfer.implement({
    description: 'Money moved to a connected account.',
    interfaces: [Mirrored],
    fields: (t) => ({
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'What was moved.',
        resolve: ({ amountMinor, currency }) => moneyIfSaid(amountMinor, currency),
      }),
      amountReversed: t.field({
        type: 'Money',
        nullable: true,
        description: 'What was taken back.',
        resolve: ({ amountReversedMinor, currency }) => moneyIfSaid(amountReversedMinor, currency),
      }),
      reversed: t.exposeBoolean('reversed', { nullable: true, description: 'Whether all of it was taken back.' }),
      destinationAccount: t.exposeString('destinationAccount', {
        nullable: true,
        description: 'Stripe’s id of the account it went to.',
      }),
      sourceCharge: t.field({
        type: types.Charge,
        nullable: true,
        description: 'The charge it is a share of. Null: it came out of the balance.',
        resolve: ({ sourceChargeId }, _args, ctx) => loadCharge(ctx, sourceChargeId),
      }),
      transferGroup: t.exposeString('transferGroup', {
        nullable: true,
        description: 'The merchant’s own word for what belongs together.',
      }),
      balanceTransaction: t.field({
        type: types.BalanceTransaction,
        nullable: true,
        description: 'How it moved the balance.',
        resolve: ({ balanceTransactionId }, _args, ctx) => loadBalanceTransaction(ctx, balanceTransactionId),
      }),
    }),
  });
  addEntity(builder, types.Transfer, loadTransfer);
  addQueries(builder, {
    one: 'transfer',
    many: 'transfers',
    called: { one: 'transfer', many: 'transfers' },
    type: types.Transfer,
    reads: transfers,
    load: loadTransfer,
    filters: (arg) => ({
      destinationAccount: arg.string({ description: 'To the account with this id of Stripe’s.' }),
      transferGroup: arg.string({ description: 'Of this group.' }),
    }),
  });
}
