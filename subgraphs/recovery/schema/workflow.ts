import type { Json } from '#subgraphs/shared/json/json.ts';
import { keysetConnection, type Connection } from '#subgraphs/shared/graphql/keyset.ts';
import { loadVersionsOfWorkflow, loadWorkflow } from '../loaders.ts';
import {
  countWorkflows,
  listWorkflows,
  type Workflow as Row,
  type WorkflowVersion as VersionRow,
} from '../repositories/workflows.ts';
import { builder } from './builder.ts';

const WorkflowTrigger = builder.enumType('WorkflowTrigger', {
  description: 'What starts a workflow.',
  values: { PAYMENT_FAILED: { description: 'A payment of an invoice failed, and the invoice has no case yet.' } },
});

const Workflow = builder.objectRef<Row>('Workflow');
export const WorkflowVersion = builder.objectRef<VersionRow>('WorkflowVersion');

Workflow.implement({
  description: 'What is done, in which order, to win a failed payment back.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `wf_`.' }),
    key: t.exposeString('key', {
      description: 'Stable name within the workspace, such as `recover-failed-renewal`, the built-in one.',
    }),
    name: t.exposeString('name', { description: 'For people.' }),
    trigger: t.field({
      type: WorkflowTrigger,
      description: 'What starts it.',
      resolve: () => 'PAYMENT_FAILED' as const,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When the workspace got it, in business time.',
      resolve: (row) => row.createdAt,
    }),
    versions: t.field({
      type: [WorkflowVersion],
      description: 'All versions, newest first. New cases run the newest.',
      resolve: async (row, _args, ctx) => (await loadVersionsOfWorkflow(ctx, row.id)) ?? [],
    }),
  }),
});

WorkflowVersion.implement({
  description: 'One state of a workflow, never changed once it is saved.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'Begins with `wfv_`.' }),
    version: t.exposeInt('version', { description: 'Counts from 1 within the workflow.' }),
    definition: t.field({
      type: 'JSON',
      description: 'The steps and where each leads: `{ schemaVersion, start, steps: [{ id, type, …, next }] }`.',
      resolve: (row): Json => row.definition,
    }),
    createdAt: t.field({
      type: 'DateTime',
      description: 'When it was saved, in business time.',
      resolve: (row) => row.createdAt,
    }),
    workflow: t.field({
      type: Workflow,
      nullable: true,
      description: 'The workflow it is a version of.',
      resolve: (row, _args, ctx) => loadWorkflow(ctx, row.workflowId),
    }),
  }),
});

builder.queryField('workflows', (t) =>
  t.connection(
    {
      type: Workflow,
      description:
        'The workflows of this workspace, newest first. The built-in one is installed when the first payment fails.',
      authScopes: { scope: 'recovery:read' },
      resolve: (_root, args, { useCases: { db, workspaceId } }) =>
        keysetConnection<Row>(args, {
          key: ({ createdAt, id }) => ({ at: createdAt, id }),
          page: (page) => listWorkflows(db, workspaceId, page),
          count: () => countWorkflows(db, workspaceId),
        }),
    },
    {
      name: 'WorkflowConnection',
      description: 'A page of workflows.',
      fields: (c) => ({
        totalCount: c.int({
          description: 'Exact up to 10,000.',
          resolve: (connection) => (connection as unknown as Connection<Row>).totalCount(),
        }),
      }),
    },
    { name: 'WorkflowEdge', description: 'A workflow and its place in the list.' },
  ),
);
