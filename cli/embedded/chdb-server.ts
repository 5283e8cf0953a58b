import { setTimeout as sleep } from 'node:timers/promises';
import { announceReady, endWithParent } from './child.ts';
import { openEngine } from './chdb-engine.ts';
import { serveClickHouse } from './clickhouse-http.ts';
import type { Engine } from './chdb-engine.ts';

// The child process of `startChdb`. The engine keeps state for its whole process, so it has one to itself.

const engine = await openPatiently(process.env['CHDB_DATA_DIR'] ?? '');
const server = await serveClickHouse(engine, Number(process.env['CHDB_PORT']));

endWithParent(async () => {
  await server.close();
  engine.close();
});
announceReady({ port: server.port });

/** The child of a supervisor that was killed holds the folder until it has drained, which is a matter of seconds. */
async function openPatiently(dataDir: string): Promise<Engine> {
  const deadline = Date.now() + 12_000;
  for (;;) {
    try {
      return openEngine(dataDir);
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await sleep(200);
    }
  }
}
