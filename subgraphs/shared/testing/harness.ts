import { execute, parse, type ExecutionResult, type GraphQLSchema, validate } from 'graphql';
import pg from 'pg';
import type { Bus } from '../bus/bus.ts';
import { createVault } from '../crypto/vault.ts';
import { type Actor, OPERATOR_SCOPE, type UseCaseContext, type WorkspaceMode } from '../db/context.ts';
import { createWorkerContexts, type WorkerContexts } from '../db/contexts.ts';
import { connectDatabase, type Database } from '../db/prisma.ts';
import { connectSystem, type SystemDb } from '../db/system.ts';
import { type ContextDeps, createUseCaseContext } from '../db/use-case-context.ts';
import { inWorkspace } from '../db/workspace-scope.ts';
import { effectLane } from '../effects/run.ts';
import { consumeLane } from '../events/consume.ts';
import { numberBatch } from '../events/dispatcher.ts';
import { createEventLog, type EventLog } from '../events/log.ts';
import { createLoaders, type Caller, type GraphContext } from '../graphql/context.ts';
import type { Subgraph } from '../graphql/subgraph.ts';
import { systemIds } from '../ids/ids.ts';
import { inboxLane } from '../inbox/apply.ts';
import type { DeathWatch } from '../jobs/death-watch.ts';
import type { Lane } from '../jobs/lane.ts';
import { jobLanes } from '../jobs/run.ts';
import type { Json } from '../json/json.ts';
import { silentLogger } from '../logging/logger.ts';
import { createMetrics } from '../metrics/metrics.ts';
import { type ManualClock, manualClock } from '../time/clock.ts';
import { createTestDatabase, type TestDatabase } from './databases.ts';
import { timerLane } from '../timers/fire.ts';

/** No worker has died of late: nothing that is taken up is noted before. */
export const nobodyDies: DeathWatch = { diedLately: () => false, leaseMs: 1_000 };

/** A bus within one process: what the relay is between several. */
export function localBus(): Bus {
  const topics = new Map<string, Set<(message: Json) => void>>();
  return {
    publish: (topic, message) => {
      for (const listener of topics.get(topic) ?? []) listener(message);
      return Promise.resolve();
    },
    subscribe: (topic, onMessage) => {
      const listeners = topics.get(topic) ?? new Set();
      topics.set(topic, listeners.add(onMessage));
      return Promise.resolve(() => {
        listeners.delete(onMessage);
        return Promise.resolve();
      });
    },
    close: () => Promise.resolve(),
  };
}

export interface GraphCall {
  readonly workspaceId: string;
  readonly mode?: WorkspaceMode;
  readonly scopes?: readonly string[];
  readonly caller?: Caller;
  readonly idempotencyKey?: string;
}

/** One domain on real engines without the processes around it: lanes are pumped by hand, wall time is moved by hand. */
export interface Harness {
  readonly database: Database;
  readonly system: SystemDb;
  readonly contexts: WorkerContexts;
  readonly contextDeps: ContextDeps;
  readonly events: EventLog;
  readonly bus: Bus;
  readonly wall: ManualClock;
  /** Superuser statements, for arranging and for looking behind row-level security. */
  readonly admin: pg.Pool;
  newWorkspace(mode?: WorkspaceMode): Promise<string>;
  context(workspaceId: string, options?: { mode?: WorkspaceMode; actor?: Actor }): UseCaseContext;
  /** Runs one operation against a subgraph's schema as the gateway would, in the caller's workspace. */
  run(
    schema: GraphQLSchema,
    source: string,
    variables: Record<string, unknown>,
    call: GraphCall,
  ): Promise<ExecutionResult>;
  graphContext(call: GraphCall): GraphContext;
  /** Carries out everything that is due: numbers events and drains every lane until nothing is left. @throws when it never ends. */
  pump(subgraphs: readonly Subgraph[]): Promise<void>;
  /** Moves a TEST workspace's business clock. */
  setBusinessNow(workspaceId: string, to: Date): Promise<void>;
  close(): Promise<void>;
}

const API_KEY: Actor = { type: 'API_KEY', id: 'key_00000000000000000000', scopes: ['admin:*'] };

const scopeOf = (call: GraphCall): string => (call.caller?.kind === 'OPERATOR' ? OPERATOR_SCOPE : call.workspaceId);

/** @param options.database one that is migrated, instead of a new one; it is dropped at the end all the same. */
export async function createHarness(options: { now?: Date; database?: TestDatabase } = {}): Promise<Harness> {
  const clone = options.database ?? (await createTestDatabase());
  const database = connectDatabase({ databaseUrl: clone.appUrl, max: 8, preparedStatements: true });
  const system = connectSystem({ systemDatabaseUrl: clone.systemUrl, preparedStatements: true });
  const admin = new pg.Pool({ connectionString: clone.adminUrl, max: 2 });
  admin.on('error', () => undefined);
  const wall = manualClock(options.now ?? new Date('2026-11-20T12:00:00Z'));
  const bus = localBus();
  const contextDeps: ContextDeps = {
    database,
    wall,
    ids: systemIds,
    log: silentLogger,
    vault: createVault(Buffer.alloc(32, 7)),
    wake: () => Promise.resolve(),
    metrics: createMetrics(silentLogger),
  };
  const contexts = createWorkerContexts({ ...contextDeps, system });
  const events = createEventLog({ database, system, bus, wall, pollMs: 50 });

  const graphContext = (call: GraphCall): GraphContext => {
    const { mode = 'TEST', scopes = ['admin:*'] } = call;
    const workspaceId = scopeOf(call);
    const caller: Caller = call.caller ?? { kind: 'API_KEY', keyId: API_KEY.id, workspaceId, mode, scopes };
    const useCases = createUseCaseContext(contextDeps, {
      workspaceId,
      mode,
      actor: { ...API_KEY, scopes },
      requestId: 'req_test',
    });
    return {
      caller,
      requestId: 'req_test',
      useCases,
      events,
      idempotencyKey: call.idempotencyKey,
      loader: createLoaders(),
    };
  };

  return {
    database,
    system,
    contexts,
    contextDeps,
    events,
    bus,
    wall,
    admin,
    graphContext,
    newWorkspace: async (mode = 'TEST') => {
      const workspaceId = systemIds.next('ws');
      await admin.query('INSERT INTO kernel.workspace_clock (workspace_id, mode) VALUES ($1, $2)', [workspaceId, mode]);
      return workspaceId;
    },
    context: (workspaceId, { mode = 'TEST', actor = API_KEY } = {}) =>
      createUseCaseContext(contextDeps, { workspaceId, mode, actor, requestId: 'req_test' }),
    run: async (schema, source, variableValues, call) => {
      const document = parse(source);
      const mistakes = validate(schema, document);
      if (mistakes.length > 0) return { errors: mistakes };
      const contextValue = graphContext(call);
      const carryOut = async (): Promise<ExecutionResult> =>
        await execute({ schema, document, variableValues, contextValue });
      return scopeOf(call) === '' ? carryOut() : inWorkspace(scopeOf(call), carryOut);
    },
    pump: (subgraphs) => pump({ system, contexts, bus, wall }, subgraphs),
    setBusinessNow: async (workspaceId, to) => {
      await admin.query('UPDATE kernel.workspace_clock SET test_now = $2 WHERE workspace_id = $1', [workspaceId, to]);
    },
    close: async () => {
      await database.close();
      await system.close();
      await admin.end();
      await clone.drop();
    },
  };
}

async function pump(
  parts: { system: SystemDb; contexts: WorkerContexts; bus: Bus; wall: ManualClock },
  subgraphs: readonly Subgraph[],
): Promise<void> {
  const { system, contexts, bus, wall } = parts;
  const common = { system, contexts, wall, log: silentLogger, watch: nobodyDies };
  const consumers = subgraphs.flatMap((subgraph) => subgraph.consumers ?? []);
  const lanes: Lane[] = [
    inboxLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.inbox ?? []) }),
    consumeLane({ ...common, consumers }),
    timerLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.timers ?? []) }),
    effectLane({ ...common, handlers: subgraphs.flatMap((subgraph) => subgraph.effects ?? []) }),
    ...jobLanes({ ...common, leaseMs: 60_000, handlers: subgraphs.flatMap((subgraph) => subgraph.jobs ?? []) }),
  ];
  const dispatching = { system, consumers, bus, wake: (): Promise<void> => Promise.resolve(), wall, log: silentLogger };
  for (let round = 0; round < 200; round += 1) {
    let worked = (await numberBatch(system.pool, dispatching)) > 0;
    for (const lane of lanes) {
      for (const { workspaceId, detail } of await lane.due()) {
        worked = true;
        await lane.drain(workspaceId, detail);
      }
    }
    if (!worked) return;
  }
  throw new Error('Still working after 200 rounds: something asks for itself again and again');
}
