import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import type { Job, JobState } from '../domain/job.ts';
import { countJobs, jobsByIds, jobsPage } from '../repositories/jobs.ts';
import { followJob, type JobProgress } from '../use-cases/follow-job.ts';
import type { EnumOf, Ref } from './builder.ts';

async function loadJob(ctx: GraphContext, id: string): Promise<Job | null> {
  const { db, workspaceId } = ctx.useCases;
  return ctx.loader('job', (ids) => jobsByIds(db, workspaceId, ids)).load(id);
}

export function addJob(builder: SubgraphBuilder): Ref<Job> {
  const State = builder.enumType('JobState', {
    description: 'Where a job stands.',
    values: {
      QUEUED: { description: 'Waits for a worker.' },
      RUNNING: { description: 'Is being carried out.' },
      SUCCEEDED: { description: 'Everything was done. Final.' },
      FAILED: {
        description: 'Ended without finishing; `error` says why. Final: it is safe to ask for the work again.',
      },
    },
  });
  const JobType = builder.objectRef<Job>('Job').implement({
    description:
      'Long work that goes on after the request that asked for it. A job whose worker dies is taken up again where it stood.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with job_.' }),
      kind: t.exposeString('kind', { description: 'What is done: `billing.backfill`, `platform.advance-test-clock`.' }),
      state: t.expose('state', { type: State, description: 'Where it stands.' }),
      done: t.expose('done', {
        type: 'BigInt',
        description: 'How much is done, in the job’s own units (objects read, seconds travelled).',
      }),
      total: t.expose('total', {
        type: 'BigInt',
        nullable: true,
        description: 'How much there is to do, in the same units. Null: not known yet.',
      }),
      message: t.exposeString('message', { nullable: true, description: 'What it is doing, for a person.' }),
      error: t.exposeString('error', {
        nullable: true,
        description: 'Why it failed and what to do. Null unless FAILED.',
      }),
      result: t.expose('result', {
        type: 'JSON',
        nullable: true,
        description: 'What it ended with; the shape depends on the kind. Null until SUCCEEDED.',
      }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was asked for, in real time.' }),
      startedAt: t.expose('startedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a worker first took it up, in real time.',
      }),
      finishedAt: t.expose('finishedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it succeeded or failed, in real time.',
      }),
    }),
  });
  builder.asEntity(JobType, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: ({ id }, ctx) => loadJob(ctx, id),
  });
  builder.queryField('job', (t) =>
    t.field({
      type: JobType,
      nullable: true,
      description: 'One job, or null if this workspace has none of this id.',
      args: { id: t.arg.id({ required: true, description: 'Begins with job_.' }) },
      authScopes: { scope: 'workspace:read' },
      resolve: (_root, { id }, ctx) => loadJob(ctx, id),
    }),
  );
  addJobs(builder, JobType, State);
  addJobProgress(builder, JobType, State);
  return JobType;
}

function addJobs(builder: SubgraphBuilder, JobType: Ref<Job>, State: EnumOf<JobState>): void {
  const Filter = builder.inputType('JobFilter', {
    description: 'Which jobs to list; what is left out does not restrict.',
    fields: (t) => ({
      kind: t.string({ description: 'Of this kind: `billing.backfill`.' }),
      state: t.field({ type: State, description: 'In this state.' }),
    }),
  });
  builder.queryField('jobs', (t) =>
    t.connection(
      {
        type: JobType,
        description: 'The workspace’s jobs, newest first.',
        args: { filter: t.arg({ type: Filter, description: 'Which jobs to list.' }) },
        authScopes: { scope: 'workspace:read' },
        resolve: (_root, { filter, ...args }, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: Job) => ({ at: row.createdAt, id: row.id }),
            page: (page) => jobsPage(db, workspaceId, filter ?? {}, keysetQuery('createdAt', page)),
            count: () => countJobs(db, workspaceId, filter ?? {}, COUNTED_TO),
          }),
      },
      {
        name: 'JobConnection',
        description: 'A page of jobs.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many match; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'JobEdge', description: 'One job and its place in the list.' },
    ),
  );
}

function addJobProgress(builder: SubgraphBuilder, JobType: Ref<Job>, State: EnumOf<JobState>): void {
  const Progress = builder.objectRef<JobProgress>('JobProgress').implement({
    description: 'How far a job was at one moment.',
    fields: (t) => ({
      cursor: t.exposeString('cursor', {
        description: 'Pass it as `after` to go on behind this event after a broken connection.',
      }),
      jobId: t.exposeID('jobId', { description: 'The job.' }),
      state: t.expose('state', {
        type: State,
        description: 'Where it stood. The stream ends after SUCCEEDED or FAILED.',
      }),
      done: t.expose('done', { type: 'BigInt', description: 'How much was done, in the job’s own units.' }),
      total: t.expose('total', {
        type: 'BigInt',
        nullable: true,
        description: 'How much there was to do, in the same units. Null: not known yet.',
      }),
      message: t.exposeString('message', { nullable: true, description: 'What it was doing, for a person.' }),
      job: t.field({
        type: JobType,
        nullable: true,
        description: 'The job as it stands now, which may be later than this event.',
        resolve: ({ jobId }, _args, ctx) => loadJob(ctx, jobId),
      }),
    }),
  });
  builder.subscriptionField('jobProgress', (t) =>
    t.field({
      type: Progress,
      description:
        'Follows one job: first as it stands, then at every step, until it ends. Reconnect with `after` and nothing is missed or repeated.',
      args: {
        jobId: t.arg.id({ required: true, description: 'The job to follow.' }),
        after: t.arg.string({
          description: 'The cursor of the last event you have seen. Left out: begin with the job as it stands.',
        }),
      },
      authScopes: { scope: 'workspace:read' },
      subscribe: (_root, args, ctx) => followJob(ctx.useCases, ctx.events, args),
      resolve: (progress) => progress,
    }),
  );
}
