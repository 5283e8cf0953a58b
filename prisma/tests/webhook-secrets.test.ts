import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from '@jest/globals';
import pg from 'pg';
import { isId } from '#subgraphs/shared/ids/ids.ts';
import { createEmptyDatabase } from '#subgraphs/shared/testing/databases.ts';
import { migrate } from '../migrate.ts';
import { migrationsDir } from '../paths.ts';

const NAME = '_webhook_secrets';

it('webhook secrets that a connection held in its row become rows of their own, in their order', async () => {
  const database = await createEmptyDatabase();
  const before = mkdtempSync(path.join(tmpdir(), 'oppulence-migrations-'));
  const names = readdirSync(migrationsDir)
    .filter((name) => /^\d/.test(name))
    .sort();
  const older = names.slice(
    0,
    names.findIndex((name) => name.endsWith(NAME)),
  );
  for (const name of older) cpSync(path.join(migrationsDir, name), path.join(before, name), { recursive: true });
  await migrate(database.url, before);
  const client = new pg.Client(database.url);
  await client.connect();
  const connection = `INSERT INTO accounts.connection (workspace_id, id, provider, state, account, livemode, display_name, credential, endpoint_id, endpoint_hash,
    webhook_secrets, created_at, activated_at) VALUES ($1, $2, 'STRIPE', $3, $2, false, 'Acme', 'sealed', $2, encode(sha256(convert_to($2, 'UTF8')), 'hex'), $4, now(), now())`;
  await client.query(connection, ['ws_1', 'conn_1', 'ACTIVE', ['newest', 'older']]);
  await client.query(connection, ['ws_2', 'conn_2', 'PENDING', []]);
  await migrate(database.url, migrationsDir);
  const { rows } = await client.query<{ id: string; sealed: string }>(
    'SELECT workspace_id, connection_id, id, sealed, expires_at FROM accounts.webhook_secret ORDER BY added_at DESC',
  );
  await client.end();
  await database.drop();
  rmSync(before, { recursive: true, force: true });
  const of = { workspace_id: 'ws_1', connection_id: 'conn_1', expires_at: null };
  expect(rows).toMatchObject([
    { ...of, sealed: 'newest' },
    { ...of, sealed: 'older' },
  ]);
  expect(rows.every(({ id }) => isId('whs', id))).toBe(true);
});
