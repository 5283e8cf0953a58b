import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse, subscribe, type ExecutionResult } from 'graphql';
import { inWorkspace } from '#subgraphs/shared/db/workspace-scope.ts';
import { createLoaders } from '#subgraphs/shared/graphql/context.ts';
import { example as cancelExample } from '../schema/mutations/cancel-recovery-case.ts';
import { example as resendExample } from '../schema/mutations/resend-magic-link.ts';
import { createScene, createWorld, type Scene, type World } from './world.ts';

const CASE = `query ($id: ID!) { recoveryCase(id: $id) {
  id state closeReason closeNote attribution amount { amountMinor currency amount } declineCode declineClass attemptCount timeZone openedAt closedAt currentStepId
  workflowVersion { version definition workflow { key name trigger } }
  invoice { id } customer { id }
  steps { stepId type state outcome visit } attempts { state origin dueAt } messages { kind state recipient } link { state expiresAt } } }`;
const CANCEL = `mutation ($input: CancelRecoveryCaseInput!) { cancelRecoveryCase(input: $input) {
  __typename ... on RecoveryCase { id state closeReason closeNote } ... on UserError { code message param } } }`;
const RESEND = `mutation ($input: ResendMagicLinkInput!) { resendMagicLink(input: $input) {
  __typename ... on RecoveryMessage { id kind state } ... on UserError { code } } }`;

describe('recovery in the graph', () => {
  let world: World;
  beforeAll(async () => {
    world = await createWorld();
  });
  afterAll(() => world.close());

  const ask = (
    scene: Pick<Scene, 'workspaceId'>,
    source: string,
    variables: Record<string, unknown> = {},
    scopes: readonly string[] = ['recovery:read', 'recovery:write'],
  ): Promise<ExecutionResult> =>
    world.harness.run(world.subgraph.schema, source, variables, { workspaceId: scene.workspaceId, scopes });
  async function failedScene(): Promise<{ scene: Scene; caseId: string }> {
    const scene = await createScene(world);
    await scene.fail();
    return { scene, caseId: (await scene.theCase()).id };
  }

  it('shows a case with its steps, attempts, mails and link', async () => {
    const { scene, caseId } = await failedScene();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    const { data, errors } = await ask(scene, CASE, { id: caseId });
    expect(errors).toBeUndefined();
    expect(data?.['recoveryCase']).toMatchObject({
      id: caseId,
      state: 'OPEN',
      amount: { amountMinor: '4900', currency: 'EUR', amount: '49.00' },
      declineCode: 'insufficient_funds',
      declineClass: 'SOFT_FUNDS',
      timeZone: 'Europe/Berlin',
      openedAt: '2026-03-04T11:00:00.000Z',
      workflowVersion: {
        version: 1,
        definition: { start: 'reminder' },
        workflow: { key: 'recover-failed-renewal', trigger: 'PAYMENT_FAILED' },
      },
      invoice: { id: scene.invoiceId },
      customer: { id: scene.customerId },
      attempts: [{ state: 'DECLINED', origin: 'WORKFLOW', dueAt: '2026-03-05T11:00:00.000Z' }],
      messages: [
        { kind: 'REMINDER', state: 'SENT', recipient: 'ada@customer.example' },
        { kind: 'MAGIC_LINK', state: 'SENT' },
      ],
      link: { state: 'ISSUED', expiresAt: '2026-03-12T11:00:00.000Z' },
    });
    const { steps } = data?.['recoveryCase'] as { steps: { stepId: string; state: string }[] };
    expect(steps.map(({ stepId, state }) => `${stepId} ${state}`)).toEqual([
      'reminder DONE',
      'wait-before-retry DONE',
      'retry DONE',
      'magic-link DONE',
      'wait-for-card RUNNING',
    ]);
  });

  it('shows nothing of a case to another workspace: not by id, in no list, by no reference, to no mutation', async () => {
    const { scene, caseId } = await failedScene();
    const { scene: other } = await failedScene();
    expect(await ask(other, CASE, { id: caseId })).toEqual({ data: { recoveryCase: null } });
    const list = await ask(other, '{ recoveryCases { edges { node { id } } totalCount } }');
    expect(JSON.stringify(list)).not.toContain(caseId);
    expect(list.data?.['recoveryCases']).toMatchObject({ totalCount: 1 });
    const representations = [
      { __typename: 'RecoveryCase', id: caseId },
      { __typename: 'Invoice', id: scene.invoiceId },
    ];
    const entities =
      'query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on RecoveryCase { id } ... on Invoice { recoveryCase { id } } } }';
    expect(await ask(other, entities, { representations })).toEqual({
      data: { _entities: [null, { recoveryCase: null }] },
    });
    expect(await ask(scene, entities, { representations })).toEqual({
      data: { _entities: [{ id: caseId }, { recoveryCase: { id: caseId } }] },
    });
    for (const [source, input] of [
      [CANCEL, { caseId, reason: 'mine now' }],
      [RESEND, { caseId }],
    ] as const) {
      expect(JSON.stringify(await ask(other, source, { input }))).toContain('"NOT_FOUND"');
    }
    expect(await scene.theCase()).toMatchObject({ state: 'OPEN' });
  });

  it('lists cases newest first, by state, page by page', async () => {
    const { scene, caseId } = await failedScene();
    const page =
      'query ($after: String, $state: RecoveryCaseState) { recoveryCases(first: 1, after: $after, state: $state) { edges { node { id state } } pageInfo { hasNextPage endCursor } totalCount } }';
    const first = await ask(scene, page, { state: 'OPEN' });
    expect(first.data?.['recoveryCases']).toMatchObject({
      edges: [{ node: { id: caseId } }],
      pageInfo: { hasNextPage: false },
      totalCount: 1,
    });
    expect((await ask(scene, page, { state: 'RECOVERED' })).data?.['recoveryCases']).toMatchObject({
      edges: [],
      totalCount: 0,
    });
    const { errors } = await ask(scene, '{ recoveryCases(first: 501) { totalCount } }');
    expect(errors?.[0]?.message).toContain('between 1 and 500');
  });

  it('lists the workflows with their versions', async () => {
    const { scene } = await failedScene();
    const { data } = await ask(scene, '{ workflows { edges { node { name versions { version } } } totalCount } }');
    expect(data?.['workflows']).toEqual({
      edges: [{ node: { name: 'Recover a failed renewal', versions: [{ version: 1 }] } }],
      totalCount: 1,
    });
  });

  it('cancels a case once, stays calm at a repeat, and refuses what has ended otherwise', async () => {
    const { scene, caseId } = await failedScene();
    const input = { caseId, reason: ' pays by transfer ' };
    const canceled = {
      data: {
        cancelRecoveryCase: {
          __typename: 'RecoveryCase',
          id: caseId,
          state: 'CLOSED',
          closeReason: 'CANCELED',
          closeNote: 'pays by transfer',
        },
      },
    };
    const both = await Promise.all([ask(scene, CANCEL, { input }), ask(scene, CANCEL, { input })]);
    expect(both).toEqual([canceled, canceled]);
    await scene.pump();
    expect((await scene.events()).filter((type) => type === 'case.closed')).toHaveLength(1);
    await scene.advanceTo('2026-03-30T11:00:00Z');
    expect(await scene.mails()).toHaveLength(1);

    const { scene: paid, caseId: paidCase } = await failedScene();
    await paid.pay();
    const refused = await ask(paid, CANCEL, { input: { caseId: paidCase, reason: 'too late' } });
    expect(refused.data?.['cancelRecoveryCase']).toMatchObject({
      __typename: 'RecoveryCaseNotOpenError',
      code: 'RECOVERY_CASE_NOT_OPEN',
    });
    const empty = await ask(paid, CANCEL, { input: { caseId: paidCase, reason: '  ' } });
    expect(empty.data?.['cancelRecoveryCase']).toMatchObject({ __typename: 'ValidationError', param: 'input.reason' });
  });

  it('sends a fresh link once, also when asked twice at once, and ends the one before', async () => {
    const { scene, caseId } = await failedScene();
    await scene.advanceTo('2026-03-05T11:00:00Z');
    const [one, two] = await Promise.all([
      ask(scene, RESEND, { input: { caseId } }),
      ask(scene, RESEND, { input: { caseId } }),
    ]);
    expect(one.data?.['resendMagicLink']).toMatchObject({
      __typename: 'RecoveryMessage',
      kind: 'MAGIC_LINK',
      state: 'QUEUED',
    });
    expect(two).toEqual(one);
    await scene.pump();
    expect((await scene.rows<{ state: string }>('recovery.magic_link')).map(({ state }) => state)).toEqual([
      'REVOKED',
      'ISSUED',
    ]);
    expect(await scene.mails()).toHaveLength(3);
    expect(await scene.theCase()).toMatchObject({ current_step_id: 'wait-for-card' }); // the workflow is where it was

    await scene.pay();
    expect((await ask(scene, RESEND, { input: { caseId } })).data?.['resendMagicLink']).toEqual({
      __typename: 'RecoveryCaseNotOpenError',
      code: 'RECOVERY_CASE_NOT_OPEN',
    });
  });

  it('answers valid examples with a refusal, not with an error', async () => {
    const { scene } = await failedScene();
    expect((await ask(scene, CANCEL, cancelExample)).data?.['cancelRecoveryCase']).toMatchObject({ code: 'NOT_FOUND' });
    expect((await ask(scene, RESEND, resendExample)).data?.['resendMagicLink']).toMatchObject({ code: 'NOT_FOUND' });
  });

  it.each([
    ['a query', CASE, { id: 'case_1' }, ['recovery:write']],
    ['the list', '{ recoveryCases { totalCount } }', {}, ['billing:read']],
    ['the workflows', '{ workflows { totalCount } }', {}, []],
    ['a mutation', CANCEL, cancelExample, ['recovery:read']],
    ['the other mutation', RESEND, resendExample, ['recovery:read']],
  ] as const)('needs a scope for %s', async (_what, source, variables, scopes) => {
    const { scene } = await failedScene();
    const { errors } = await ask(scene, source, variables, scopes);
    expect(errors?.[0]?.originalError).toMatchObject({ code: 'INSUFFICIENT_PERMISSIONS' });
  });

  it('tells each step live, with the case as it is then, and after a break goes on where the client was', async () => {
    const { scene } = await failedScene();
    const source =
      'subscription ($after: String) { recoveryEvents(after: $after) { cursor type at case { state } invoice { id } customer { id } message { kind } attempt { origin } } }';
    const follow = async (after: string | null): Promise<AsyncGenerator<ExecutionResult>> => {
      const base = world.harness.graphContext({ workspaceId: scene.workspaceId, scopes: ['recovery:read'] });
      const contextValue = { ...base, loader: createLoaders() };
      return inWorkspace(
        scene.workspaceId,
        async () =>
          (await subscribe({
            schema: world.subgraph.schema,
            document: parse(source),
            variableValues: { after },
            contextValue,
          })) as AsyncGenerator<ExecutionResult>,
      );
    };
    const live = await follow(null);
    const next = live.next();
    await new Promise((resolve) => setTimeout(resolve, 100)); // it begins with what happens from now on
    await scene.announce('billing.payment.declined', {
      invoiceId: scene.invoiceId,
      attemptCount: 2,
      declineCode: 'expired_card',
    });
    await scene.pump();
    const shown = (await next).value as ExecutionResult;
    expect(shown.errors).toBeUndefined();
    expect(shown.data?.['recoveryEvents']).toMatchObject({
      type: 'CASE_CLASSIFIED',
      at: '2026-03-04T11:00:00.000Z',
      case: { state: 'OPEN' },
      invoice: { id: scene.invoiceId },
      customer: { id: scene.customerId },
      message: null,
    });
    await live.return(undefined);

    await scene.announce('billing.invoice.voided', { invoiceId: scene.invoiceId }); // while the client is away
    await scene.pump();
    const { cursor } = shown.data?.['recoveryEvents'] as { cursor: string };
    const again = await follow(cursor);
    const missed = (await again.next()).value as ExecutionResult;
    expect(missed.data?.['recoveryEvents']).toMatchObject({ type: 'CASE_CLOSED', case: { state: 'CLOSED' } });
    await again.return(undefined);
  });
});
