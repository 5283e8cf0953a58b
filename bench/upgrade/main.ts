import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgres } from '#cli/embedded/postgres.ts';
import { migrate } from '#prisma/migrate.ts';
import { offlineBilling } from '#subgraphs/billing/tests/factories.ts';
import { createHarness } from '#subgraphs/shared/testing/harness.ts';
import { machine } from '../support/machine.ts';
import { figure } from '../support/numbers.ts';
import { Cleanup } from '../support/scratch.ts';
import { contentsOf, fillPreviousRelease, migrateToPreviousRelease } from './previous-release.ts';

/*
 * An upgrade from the previous release: a database as it left it, with many objects and deliveries that wait, is migrated and goes on.
 * Says how long the migration took, compares every table with itself, applies what waited, and ends with 1 if a row was lost.
 */

const { values: options } = parseArgs({
  options: { objects: { type: 'string', default: '100000' }, pending: { type: 'string', default: '10000' } },
});

const cleanup = new Cleanup();
try {
  const postgres = await startPostgres({ dataDir: cleanup.folder('bench-upgrade') });
  cleanup.add(() => postgres.stop());
  const admin = new pg.Client(postgres.adminUrl);
  await admin.connect();
  await migrateToPreviousRelease(postgres.adminUrl);
  const now = new Date();
  await fillPreviousRelease(admin, { objects: Number(options.objects), pending: Number(options.pending) }, now);
  const before = await contentsOf(admin);

  let startedAt = performance.now();
  await migrate(postgres.adminUrl);
  console.log(`migrated in ${figure((performance.now() - startedAt) / 1_000)} s`);
  const after = await contentsOf(admin);
  const changed = Object.keys(before).filter((table) => before[table] !== after[table]);
  console.log(`${String(Object.keys(before).length)} tables, changed: ${changed.join(', ') || 'none'}`);

  const harness = await createHarness({ database: { ...postgres, drop: () => Promise.resolve() }, now });
  harness.wall.advance({ minutes: 10 });
  startedAt = performance.now();
  await harness.pump([offlineBilling()]);
  const { rows } = await admin.query<{ state: string; n: number }>(
    'SELECT state, count(*)::int AS n FROM kernel.inbox_event GROUP BY 1 ORDER BY 1',
  );
  console.log(
    `applied what waited in ${figure((performance.now() - startedAt) / 1_000)} s: ${rows.map(({ state, n }) => `${String(n)} ${state}`).join(', ')}`,
  );
  console.log(machine());
  await harness.close();
  await admin.end();
  const isDone = rows.every(({ state }) => state === 'APPLIED' || state === 'IGNORED');
  if (changed.length > 0 || !isDone) process.exitCode = 1;
} finally {
  await cleanup.run();
}
