import type { z } from 'zod';
import type { LoggedEvent } from '#subgraphs/shared/events/log.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { mapFollowed } from '#subgraphs/shared/graphql/follow.ts';
import { mirrorChanged, type objectChange } from '../events.ts';
import { loadCustomer, loadInvoice, loadSubscription } from '../loaders.ts';
import type { BillingTypes } from './builder.ts';

type Change = z.output<typeof objectChange>;

interface Shown {
  readonly cursor: string;
  readonly at: Date;
  readonly changes: readonly Change[];
}

/** `entityChanged`: what changes in the mirror, live. */
export function addEntityChanged(builder: SubgraphBuilder, types: BillingTypes): void {
  const ChangeType = builder.objectRef<Change>('EntityChange').implement({
    description:
      'A state that an object has taken on. The object itself is shown as it is when the event is delivered.',
    fields: (t) => ({
      kind: t.exposeString('kind', { description: 'Stripe’s word for what it is: `invoice`.' }),
      id: t.exposeID('id', { description: 'Our id of it.' }),
      stripeId: t.exposeString('stripeId', { description: 'Stripe’s id of it.' }),
      at: t.field({
        type: 'DateTime',
        description: 'When Stripe says that it was so; on a test clock, by that clock.',
        resolve: ({ at }) => new Date(at),
      }),
      deleted: t.exposeBoolean('deleted', { description: 'Whether it was deleted.' }),
      status: t.exposeString('status', {
        nullable: true,
        description: 'The status it took on, where its kind has one.',
      }),
      amount: t.field({
        type: 'Money',
        nullable: true,
        description: 'The amount it is about: an invoice’s total, a charge’s amount. Null for kinds that have none.',
        resolve: ({ amountMinor, currency }) =>
          amountMinor === null || currency === null ? null : { amountMinor: BigInt(amountMinor), currency },
      }),
      customer: t.field({
        type: types.Customer,
        nullable: true,
        description: 'Whose it is; of a customer, that customer.',
        resolve: ({ kind, id, customerId }, _args, ctx) => loadCustomer(ctx, kind === 'customer' ? id : customerId),
      }),
      invoice: t.field({
        type: types.Invoice,
        nullable: true,
        description: 'The invoice, when it is one.',
        resolve: ({ kind, id }, _args, ctx) => loadInvoice(ctx, kind === 'invoice' ? id : null),
      }),
      subscription: t.field({
        type: types.Subscription,
        nullable: true,
        description: 'The subscription, when it is one.',
        resolve: ({ kind, id }, _args, ctx) => loadSubscription(ctx, kind === 'subscription' ? id : null),
      }),
    }),
  });
  const EventType = builder.objectRef<Shown>('EntityChanged').implement({
    description: 'Objects of the mirror that changed together, in the order in which they did.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Pass the last one you saw as `after` to miss nothing. Bound to the workspace.',
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When the copy changed, in business time.' }),
      changes: t.field({ type: [ChangeType], description: 'What changed.', resolve: ({ changes }) => [...changes] }),
    }),
  });
  builder.subscriptionField('entityChanged', (t) =>
    t.field({
      tag: 'live',
      type: EventType,
      description:
        'What changes in the copy of the connected Stripe accounts, in order: first what came after the cursor, then live. Without a cursor it begins with what happens next. An event in which nothing matches has no changes.',
      args: {
        kinds: t.arg.stringList({ description: 'Only these kinds, in Stripe’s words: `["invoice", "subscription"]`.' }),
        after: t.arg.string({ description: 'Cursor of the last event you saw; at most seven days old.' }),
      },
      authScopes: { scope: 'billing:read' },
      subscribe: (_root, { after, kinds }, ctx) =>
        mapFollowed(ctx.events.follow(ctx.useCases.workspaceId, { types: [mirrorChanged.type], after }), (logged) =>
          show(logged, kinds),
        ),
      resolve: (event) => event,
    }),
  );
}

function show({ event, cursor }: LoggedEvent, kinds: readonly string[] | null | undefined): Shown {
  const { changes } = mirrorChanged.payload.parse(event.payload);
  const wanted = kinds ? changes.filter(({ kind }) => kinds.includes(kind)) : changes;
  return { cursor, at: event.occurredAt, changes: wanted };
}
