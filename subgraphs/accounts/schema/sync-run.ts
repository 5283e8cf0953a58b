import { z } from 'zod';
import type { LoggedEvent } from '#subgraphs/shared/events/log.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { mapFollowed } from '#subgraphs/shared/graphql/follow.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { Connection } from '../domain/connection.ts';
import { type Difference, expectedEnd, type SyncRun, type SyncRunKind, type SyncRunState } from '../domain/sync-run.ts';
import { SYNC_RUN_EVENTS } from '../events.ts';
import { connectionsByIds } from '../repositories/connections.ts';
import { countSyncRuns, syncRunsByIds, syncRunsPage } from '../repositories/sync-runs.ts';
import type { EnumOf, Ref } from './builder.ts';

interface RunTypes {
  readonly Kind: EnumOf<SyncRunKind>;
  readonly State: EnumOf<SyncRunState>;
  readonly Run: Ref<SyncRun>;
}

async function loadRun(ctx: GraphContext, id: string): Promise<SyncRun | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('syncRun', (ids) => syncRunsByIds(db, workspaceId, ids)).load(id);
}

export function addSyncRun(builder: SubgraphBuilder, ConnectionType: Ref<Connection>): EnumOf<SyncRunKind> {
  const Kind = builder.enumType('SyncRunKind', {
    description: 'What a pass over a connected account is for.',
    values: {
      BACKFILL: { description: 'Reads everything the account has.' },
      CATCH_UP: { description: 'Asks for the events of the time since the last one, and keeps those that never came.' },
      COMPARISON: { description: 'Compares the copy with the account, and mends what differs.' },
    },
  });
  const State = builder.enumType('SyncRunState', {
    description: 'Where a pass stands.',
    values: {
      RUNNING: { description: 'Under way, or about to be taken up again.' },
      SUCCEEDED: { description: 'Everything was looked at.' },
      PARTIAL: {
        description: 'Everything was looked at that the provider would show; `refused` says what it would not.',
      },
      FAILED: { description: 'Given up; start another.' },
    },
  });
  const Run = addRunType(builder, ConnectionType, { Kind, State });
  addRunQueries(builder, Run);
  addSyncEvents(builder, { Kind, State, Run });
  return Kind;
}

function addRunType(
  builder: SubgraphBuilder,
  ConnectionType: Ref<Connection>,
  { Kind, State }: Pick<RunTypes, 'Kind' | 'State'>,
): Ref<SyncRun> {
  const What = builder.enumType('SyncDifferenceKind', {
    description: 'How the copy differed.',
    values: {
      MISSING: { description: 'It was not in the copy.' },
      DIFFERENT: { description: 'It was in another state.' },
      GONE: { description: 'The provider no longer has it.' },
    },
  });
  const DifferenceType = builder.objectRef<Difference>('SyncDifference').implement({
    description: 'An object that was not in the copy as it is at the provider. It is mended.',
    fields: (t) => ({
      kind: t.exposeString('kind', { description: 'The provider’s word for what it is: `invoice`.' }),
      stripeId: t.exposeString('stripeId', { description: 'Stripe’s id of it.' }),
      what: t.expose('what', { type: What, description: 'How it differed.' }),
    }),
  });
  const Named = builder.objectRef<readonly [name: string, count: number]>('SyncCount').implement({
    description: 'How many of a kind.',
    fields: (t) => ({
      kind: t.string({ description: 'The provider’s word for what it is.', resolve: ([name]) => name }),
      count: t.int({ description: 'How many.', resolve: ([, count]) => count }),
    }),
  });
  const Refused = builder.objectRef<readonly [name: string, reason: string]>('SyncRefusal').implement({
    description: 'A kind that the provider would not show.',
    fields: (t) => ({
      kind: t.string({ description: 'The provider’s word for what it is.', resolve: ([name]) => name }),
      reason: t.string({ description: 'What the provider said.', resolve: ([, reason]) => reason }),
    }),
  });
  return builder.objectRef<SyncRun>('SyncRun').implement({
    description: 'One pass over a connected account.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with run_.' }),
      kind: t.expose('kind', { type: Kind, description: 'What it is for.' }),
      state: t.expose('state', { type: State, description: 'Where it stands.' }),
      jobId: t.exposeID('jobId', { description: 'The job that carries it out.' }),
      connection: t.field({
        type: ConnectionType,
        nullable: true,
        description: 'The connection it goes over.',
        resolve: ({ connectionId }, _args, ctx) => {
          const { db, workspaceId } = ctx.useCases;
          return ctx.loader('connection', (ids) => connectionsByIds(db, workspaceId, ids)).load(connectionId);
        },
      }),
      done: t.expose('done', { type: 'BigInt', description: 'Objects, or events, that were looked at.' }),
      progress: t.field({
        type: 'Decimal',
        nullable: true,
        description:
          'How far it is, from 0 to 1: an estimate by age, since the provider does not say how much there is.',
        resolve: ({ progressBps }) => (progressBps === null ? null : decimalOf(progressBps)),
      }),
      expectedEndAt: t.field({
        type: 'DateTime',
        nullable: true,
        description:
          'When it will be over if it goes on as it went, in real time. Null: cannot be told, or it is over.',
        resolve: (run) => expectedEnd(run),
      }),
      apiCalls: t.exposeInt('apiCalls', { description: 'What it cost: calls to the provider.' }),
      counts: t.field({
        type: [Named],
        description: 'What was looked at, by kind.',
        resolve: ({ counts }) => Object.entries(counts),
      }),
      differing: t.exposeInt('differing', { description: 'Objects that were not as they are at the provider.' }),
      differences: t.field({
        type: [DifferenceType],
        description: 'The first hundred of them.',
        resolve: ({ differences }) => [...differences],
      }),
      refused: t.field({
        type: [Refused],
        description: 'What the provider would not show; a restricted key may not read everything.',
        resolve: ({ refused }) => Object.entries(refused),
      }),
      startedAt: t.expose('startedAt', { type: 'DateTime', description: 'When it began, in real time.' }),
      finishedAt: t.expose('finishedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was over, in real time.',
      }),
    }),
  });
}

/** Ten-thousandths as text: 2500 is 0.25. */
function decimalOf(bps: number): string {
  return bps === 10_000 ? '1' : `0.${String(bps).padStart(4, '0')}`;
}

function addRunQueries(builder: SubgraphBuilder, Run: Ref<SyncRun>): void {
  builder.queryField('syncRun', (t) =>
    t.field({
      type: Run,
      nullable: true,
      description: 'One pass over a connected account, or null if this workspace has none of this id.',
      args: { id: t.arg.id({ required: true, description: 'Begins with run_.' }) },
      authScopes: { scope: 'connections:read' },
      resolve: (_root, { id }, ctx) => loadRun(ctx, id),
    }),
  );
  builder.queryField('syncRuns', (t) =>
    t.connection(
      {
        type: Run,
        description: 'Passes over the connected accounts, newest first.',
        args: { connectionId: t.arg.id({ description: 'Over this connection only.' }) },
        authScopes: { scope: 'connections:read' },
        resolve: (_root, { connectionId, ...args }, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: SyncRun) => ({ at: row.startedAt, id: row.id }),
            page: (page) => syncRunsPage(db, workspaceId, { connectionId }, keysetQuery('startedAt', page)),
            count: () => countSyncRuns(db, workspaceId, { connectionId }, COUNTED_TO),
          }),
      },
      {
        name: 'SyncRunConnection',
        description: 'A page of passes.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many match; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'SyncRunEdge', description: 'One pass and its place in the list.' },
    ),
  );
}

const payload = z.object({
  runId: z.string(),
  connectionId: z.string(),
  kind: z.enum(['BACKFILL', 'CATCH_UP', 'COMPARISON']),
  state: z.enum(['RUNNING', 'SUCCEEDED', 'PARTIAL']),
  done: z.coerce.bigint(),
  differing: z.number(),
});
type Shown = z.output<typeof payload> & { readonly cursor: string; readonly at: Date };

function addSyncEvents(builder: SubgraphBuilder, { Kind, State, Run }: RunTypes): void {
  const EventType = builder.objectRef<Shown>('SyncEvent').implement({
    description: 'How far a pass over a connected account was at one moment.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Pass the last one you saw as `after` to miss nothing. Bound to the workspace.',
      }),
      at: t.expose('at', { type: 'DateTime', description: 'When it was so, in business time.' }),
      runId: t.exposeID('runId', { description: 'The pass.' }),
      connectionId: t.exposeID('connectionId', { description: 'The connection it goes over.' }),
      kind: t.expose('kind', { type: Kind, description: 'What it is for.' }),
      state: t.expose('state', { type: State, description: 'Where it stood.' }),
      done: t.expose('done', { type: 'BigInt', description: 'Objects, or events, that had been looked at.' }),
      differing: t.exposeInt('differing', { description: 'Objects that were not as they are at the provider.' }),
      run: t.field({
        type: Run,
        nullable: true,
        description: 'The pass as it stands now, which may be later than this event.',
        resolve: ({ runId }, _args, ctx) => loadRun(ctx, runId),
      }),
    }),
  });
  builder.subscriptionField('syncEvents', (t) =>
    t.field({
      tag: 'live',
      type: EventType,
      description:
        'How the passes over the connected accounts go, in order: first what came after the cursor, then live. Without a cursor it begins with what happens next.',
      args: { after: t.arg.string({ description: 'Cursor of the last event you saw; at most seven days old.' }) },
      authScopes: { scope: 'connections:read' },
      subscribe: (_root, { after }, ctx) =>
        mapFollowed(
          ctx.events.follow(ctx.useCases.workspaceId, { types: SYNC_RUN_EVENTS.map(({ type }) => type), after }),
          show,
        ),
      resolve: (event) => event,
    }),
  );
}

const show = ({ event, cursor }: LoggedEvent): Shown => ({
  ...payload.parse(event.payload),
  cursor,
  at: event.occurredAt,
});
