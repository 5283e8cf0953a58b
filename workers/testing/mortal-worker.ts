import { createVault } from '#subgraphs/shared/crypto/vault.ts';
import { createWorkerContexts } from '#subgraphs/shared/db/contexts.ts';
import { connectDatabase } from '#subgraphs/shared/db/prisma.ts';
import { connectSystem } from '#subgraphs/shared/db/system.ts';
import type { Subgraph } from '#subgraphs/shared/graphql/subgraph.ts';
import { systemIds } from '#subgraphs/shared/ids/ids.ts';
import { silentLogger } from '#subgraphs/shared/logging/logger.ts';
import { createMetrics } from '#subgraphs/shared/metrics/metrics.ts';
import { localBus } from '#subgraphs/shared/testing/harness.ts';
import { systemClock } from '#subgraphs/shared/time/clock.ts';
import { startLanes } from '../runtime.ts';

// A worker that serves timers and is ended by those with the key `poison`: `mortal-worker.ts APP_URL SYSTEM_URL QUEUE_URL LEASE_MS`.

const [databaseUrl = '', systemDatabaseUrl = '', queueDatabaseUrl = '', leaseMs = ''] = process.argv.slice(2);
const [log, wall] = [silentLogger, systemClock];
const database = connectDatabase({ databaseUrl, preparedStatements: true });
const system = connectSystem({ systemDatabaseUrl, preparedStatements: true });
const metrics = createMetrics(log);
const wake = (): Promise<void> => Promise.resolve();
const vault = createVault(Buffer.alloc(32, 7));
const contexts = createWorkerContexts({ database, system, wall, log, metrics, wake, vault, ids: systemIds });

const timers = {
  name: 'test',
  timers: [
    {
      kind: 'test.timer',
      handle: (_ctx, { key }) => {
        if (key === 'poison') process.kill(process.pid, 'SIGKILL');
        return Promise.resolve();
      },
    },
  ],
} as Partial<Subgraph> as Subgraph;

const workers = startLanes({
  subgraphs: [timers],
  lanes: [],
  contexts,
  system,
  queue: { queueDatabaseUrl, namespace: 'mortal' },
  bus: localBus(),
  wall,
  log,
  metrics,
  leaseMs: Number(leaseMs),
  sweepMs: 200,
  only: ['timers'],
});

async function end(): Promise<void> {
  await workers.close();
  await database.close();
  await system.close();
}
process.once('SIGTERM', () => void end());
