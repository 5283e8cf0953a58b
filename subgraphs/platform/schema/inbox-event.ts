import type { EnumRef } from '@pothos/core';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { InboxEvent, InboxState } from '../domain/inbox-event.ts';
import {
  countInboxEvents,
  deliveriesByIds,
  inboxBodiesByIds,
  inboxEventsByIds,
  inboxEventsPage,
  inboxStacksByIds,
} from '../repositories/inbox-events.ts';

async function loadInboxEvent(ctx: GraphContext, id: string): Promise<InboxEvent | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('inboxEvent', (ids) => inboxEventsByIds(db, workspaceId, ids)).load(id);
}

async function payloadOf(ctx: GraphContext, id: string): Promise<string | null> {
  const { db, workspaceId } = ctx.useCases;
  const body = await ctx.loader('inboxBody', (ids) => inboxBodiesByIds(db, workspaceId, ids)).load(id);
  return body === null ? null : Buffer.from(body).toString('utf8');
}

async function stackOf(ctx: GraphContext, id: string): Promise<string | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('inboxStack', (ids) => inboxStacksByIds(db, workspaceId, ids)).load(id);
}

async function deliveriesOf(ctx: GraphContext, id: string): Promise<number> {
  const { db, workspaceId } = ctx.useCases;
  return (await ctx.loader('inboxDeliveries', (ids) => deliveriesByIds(db, workspaceId, ids)).load(id)) ?? 1;
}

export type InboxStateRef = EnumRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, InboxState, InboxState>;

/** @returns the enum of states, for the verbs that take or show one. */
export function addInboxEvent(builder: SubgraphBuilder): InboxStateRef {
  const State: InboxStateRef = builder.enumType('InboxState', {
    description: 'What became of a delivery.',
    values: {
      RECEIVED: { description: 'Kept, and about to be applied.' },
      APPLIED: { description: 'Its effect is committed.' },
      IGNORED: { description: 'Understood and not wanted; `reason` says why.' },
      FAILED: { description: 'Could not be applied and will be tried again; `reason` says why.' },
      DEAD: { description: 'Will not be tried again by itself; `reason` says why.' },
    },
  });
  const ConnectionRef = builder.externalRef('Connection', builder.selection<{ id: string }>('id')).implement({
    externalFields: (t) => ({ id: t.id({ description: 'Begins with conn_.' }) }),
  });
  const InboxEventType = builder.objectRef<InboxEvent>('InboxEvent').implement({
    description: 'A webhook delivery that was correctly signed, as it is kept. Repeats of one event are one row.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with inb_; the sender got it as event_id.' }),
      provider: t.exposeString('provider', { description: 'Who sent it: `STRIPE`.' }),
      providerEventId: t.exposeString('providerEventId', {
        description: 'The provider’s id of the event (evt_…); of an unreadable body its digest, `sha256:…`.',
      }),
      type: t.exposeString('eventType', {
        nullable: true,
        description: 'The provider’s word for what happened: `invoice.payment_failed`. Null for an unreadable body.',
      }),
      eventCreatedAt: t.expose('eventCreatedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it happened, by the provider’s clock.',
      }),
      account: t.exposeString('account', { description: 'The provider’s name for the account it is about (acct_…).' }),
      livemode: t.exposeBoolean('livemode', {
        nullable: true,
        description: 'Whether it is about real money, as the provider says.',
      }),
      apiVersion: t.exposeString('apiVersion', {
        nullable: true,
        description: 'The version of the provider’s API that the payload is written in.',
      }),
      objectId: t.exposeString('objectId', {
        nullable: true,
        description: 'The provider’s id of the object it is about (in_…, sub_…).',
      }),
      webhookSecretId: t.exposeID('secretId', {
        nullable: true,
        description:
          'Which of the connection’s webhookSecrets it was first signed with. Null for what we asked the provider for.',
      }),
      state: t.expose('state', { type: State, description: 'What became of it.' }),
      reason: t.exposeString('reason', { nullable: true, description: 'Why it is IGNORED, FAILED or DEAD.' }),
      stack: t.string({
        nullable: true,
        description: 'Where in our code applying it failed last, for a report to us. Null unless it is FAILED or DEAD.',
        resolve: ({ id }, _args, ctx) => stackOf(ctx, id),
      }),
      attempts: t.exposeInt('attempts', { description: 'How often applying it was tried.' }),
      deliveries: t.int({
        description: 'How often it was delivered; more than 1 means repeats, which changed nothing.',
        resolve: ({ id }, _args, ctx) => deliveriesOf(ctx, id),
      }),
      receivedAt: t.expose('receivedAt', {
        type: 'DateTime',
        description: 'When it was first delivered, in real time.',
      }),
      nextAttemptAt: t.expose('nextAttemptAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it is tried again, in real time.',
      }),
      appliedAt: t.expose('appliedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When its effect was committed, in real time.',
      }),
      payload: t.string({
        nullable: true,
        description: 'The body as it was signed, as text. Up to 1.5 MB: ask for it one at a time.',
        resolve: ({ id }, _args, ctx) => payloadOf(ctx, id),
      }),
      connection: t.field({
        type: ConnectionRef,
        nullable: true,
        description: 'The connection whose endpoint it came in at.',
        resolve: ({ connectionId }) => ({ id: connectionId }),
      }),
    }),
  });
  const Filter = builder.inputType('InboxEventFilter', {
    description: 'Which deliveries to list; what is left out does not restrict.',
    fields: (t) => ({
      state: t.field({ type: State, description: 'In this state.' }),
      type: t.string({ description: 'Of exactly this type: `invoice.payment_failed`.' }),
    }),
  });
  builder.queryField('inboxEvent', (t) =>
    t.field({
      type: InboxEventType,
      nullable: true,
      description: 'One delivery, or null if this workspace has none of this id.',
      args: { id: t.arg.id({ required: true, description: 'Begins with inb_.' }) },
      authScopes: { scope: 'webhooks:read' },
      resolve: (_root, { id }, ctx) => loadInboxEvent(ctx, id),
    }),
  );
  builder.queryField('inboxEvents', (t) =>
    t.connection(
      {
        type: InboxEventType,
        description: 'Webhook deliveries, newest first.',
        args: { filter: t.arg({ type: Filter, description: 'Which deliveries to list.' }) },
        authScopes: { scope: 'webhooks:read' },
        resolve: (_root, { filter, ...args }, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: InboxEvent) => ({ at: row.receivedAt, id: row.id }),
            page: (page) => inboxEventsPage(db, workspaceId, filter ?? {}, keysetQuery('receivedAt', page)),
            count: () => countInboxEvents(db, workspaceId, filter ?? {}, COUNTED_TO),
          }),
      },
      {
        name: 'InboxEventConnection',
        description: 'A page of deliveries.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many match; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'InboxEventEdge', description: 'One delivery and its place in the list.' },
    ),
  );
  return State;
}
