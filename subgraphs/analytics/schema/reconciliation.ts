import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { MirrorDifference } from '../domain/mirror-difference.ts';
import type { Reconciliation } from '../domain/reconciliation.ts';
import { countReconciliations, reconciliationsByIds, reconciliationsPage } from '../repositories/reconciliations.ts';
import type { Ref } from './builder.ts';

export function addReconciliation(builder: SubgraphBuilder, JobRef: Ref<{ id: string }>): void {
  const Type = addReconciliationType(builder, JobRef);
  builder.queryField('reconciliation', (t) =>
    t.field({
      type: Type,
      nullable: true,
      description: 'One comparison, or null if this workspace has none of this id.',
      args: { id: t.arg.id({ required: true, description: 'Begins with rec_.' }) },
      authScopes: { scope: 'analytics:read' },
      resolve: (_root, { id }, ctx: GraphContext) => {
        const { db, workspaceId } = ctx.useCases;
        return ctx.loader('reconciliation', (ids) => reconciliationsByIds(db, workspaceId, ids)).load(id);
      },
    }),
  );
  builder.queryField('reconciliations', (t) =>
    t.connection(
      {
        type: Type,
        description:
          'Comparisons of the copy that analytics reads with the billing objects it is made from, newest first.',
        authScopes: { scope: 'analytics:read' },
        resolve: (_root, args, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: Reconciliation) => ({ at: row.startedAt, id: row.id }),
            page: (page) => reconciliationsPage(db, workspaceId, keysetQuery('startedAt', page)),
            count: () => countReconciliations(db, workspaceId, COUNTED_TO),
          }),
      },
      {
        name: 'ReconciliationConnection',
        description: 'A page of comparisons.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many there are; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'ReconciliationEdge', description: 'One comparison and its place in the list.' },
    ),
  );
}

function addReconciliationType(builder: SubgraphBuilder, JobRef: Ref<{ id: string }>): Ref<Reconciliation> {
  const What = builder.enumType('ReconciliationDifferenceKind', {
    description: 'How the copy differed.',
    values: {
      MISSING: { description: 'It was not in the copy.' },
      DIFFERENT: { description: 'It was in another state.' },
      EXTRA: { description: 'It was in the copy alone.' },
    },
  });
  const Difference = builder.objectRef<MirrorDifference>('ReconciliationDifference').implement({
    description: 'An object that the copy knew otherwise.',
    fields: (t) => ({
      kind: t.exposeString('kind', { description: 'Stripe’s word for what it is: `invoice`.' }),
      objectId: t.exposeID('objectId', { description: 'Our id of it.' }),
      stripeId: t.exposeString('stripeId', { description: 'Stripe’s id of it.' }),
      what: t.expose('what', { type: What, description: 'How it differed.' }),
      repaired: t.exposeBoolean('repaired', { description: 'Whether it was read back right after it was mended.' }),
    }),
  });
  return builder.objectRef<Reconciliation>('Reconciliation').implement({
    description:
      'One comparison of the copy that analytics reads with the billing objects it is made from, per kind, day of creation and currency: how many there are, what they add up to, and what is said of each.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with rec_.' }),
      job: t.field({
        type: JobRef,
        nullable: true,
        description: 'The job that carried it out.',
        resolve: ({ jobId }) => ({ id: jobId }),
      }),
      askedByType: t.exposeString('askedByType', {
        description: 'Who asked for it: `API_KEY`, or `SYSTEM` for the one of every day.',
      }),
      askedById: t.exposeID('askedById', { description: 'Which key, or which part of the product.' }),
      kind: t.exposeString('kind', {
        nullable: true,
        description: 'The kind of object that was compared, by Stripe’s word for it. Null: all there are.',
      }),
      objects: t.exposeInt('objects', { description: 'Objects that were compared.' }),
      groups: t.exposeInt('groups', { description: 'Groups of them, by kind, day and currency.' }),
      differing: t.exposeInt('differing', {
        description: 'Objects that the copy knew otherwise. What was on its way is none.',
      }),
      repaired: t.exposeInt('repaired', { description: 'Those of them that are as they should be now.' }),
      differences: t.field({
        type: [Difference],
        description: 'The first hundred of them.',
        resolve: ({ differences }) => [...differences],
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began, in real time.' }),
      finishedAt: t.expose('finishedAt', { type: 'DateTime', description: 'When it was over, in real time.' }),
    }),
  });
}
