import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { ClickHouse } from '../client.ts';
import { UnscopedQueryError, workspaceQuery } from '../workspace-query.ts';
import { createTestClickHouse } from './test-clickhouse.ts';

const Row = z.object({ id: z.string() });
const VIEW = 'workspace_notes(workspace_id = {workspace_id:String})';

describe('a workspace query', () => {
  let ch: ClickHouse;
  beforeAll(async () => {
    ch = await createTestClickHouse();
    await ch.command(
      'CREATE TABLE notes (workspace_id String, id String) ENGINE = MergeTree ORDER BY (workspace_id, id)',
    );
    await ch.command('CREATE VIEW workspace_notes AS SELECT * FROM notes WHERE workspace_id = {workspace_id:String}');
    await ch.insert('notes', [
      { workspace_id: 'ws_1', id: 'one' },
      { workspace_id: 'ws_2', id: 'two' },
    ]);
  });
  afterAll(async () => {
    await ch.command(`DROP DATABASE ${ch.database}`);
    await ch.close();
  });

  it('shows the rows of the workspace it is run for', async () => {
    const notes = workspaceQuery('notes', `SELECT id FROM ${VIEW}`, Row);

    expect(await notes.run(ch, 'ws_1')).toEqual([{ id: 'one' }]);
    expect(await notes.run(ch, 'ws_2')).toEqual([{ id: 'two' }]);
    expect(await notes.run(ch, `ws_1' OR '1'='1`)).toEqual([]);
  });

  it('keeps the workspace when a caller names another one among the values', async () => {
    const notes = workspaceQuery('notes', `SELECT id FROM ${VIEW}`, Row);

    expect(await notes.run(ch, 'ws_1', { workspace_id: 'ws_2' })).toEqual([{ id: 'one' }]);
  });

  it('does not run without a workspace', async () => {
    await expect(workspaceQuery('notes', `SELECT id FROM ${VIEW}`, Row).run(ch, '')).rejects.toBeInstanceOf(
      UnscopedQueryError,
    );
  });

  it('throws when a row does not look as declared', async () => {
    await expect(workspaceQuery('notes', `SELECT 1 AS id FROM ${VIEW}`, Row).run(ch, 'ws_1')).rejects.toThrow(
      /expected string/i,
    );
  });

  it('fails in ClickHouse when the view is read without its workspace', async () => {
    await expect(ch.query('SELECT * FROM workspace_notes')).rejects.toThrow();
  });

  it.each([
    `SELECT id FROM ${VIEW} AS n WHERE n.id != 'FROM notes'`,
    `WITH mine AS (SELECT id FROM ${VIEW}) SELECT id FROM mine`,
    `SELECT id FROM (SELECT id FROM ${VIEW}) AS inner JOIN ${VIEW} AS other USING (id)`,
    `SELECT id FROM ${VIEW} WHERE id IN (SELECT id FROM ${VIEW}) AND id IN {ids:Array(String)}`,
  ])('accepts %s', (sql) => {
    expect(() => workspaceQuery('good', sql, Row)).not.toThrow();
  });

  it.each([
    'SELECT 1',
    'SELECT id FROM notes',
    'SELECT id FROM default.notes',
    'SELECT id FROM `notes`',
    'SELECT id FROM workspace_notes',
    `SELECT id FROM workspace_notes(workspace_id = 'ws_2')`,
    `SELECT id FROM remote('elsewhere', notes)`,
    `SELECT id FROM ${VIEW}, notes`,
    `SELECT id FROM ${VIEW} AS n, notes`,
    `SELECT id FROM (SELECT id FROM ${VIEW}) , notes`,
    `SELECT id FROM ${VIEW} JOIN notes USING (id)`,
    `SELECT id FROM ${VIEW} WHERE id IN (SELECT id FROM notes)`,
    `SELECT id FROM ${VIEW} WHERE id IN notes`,
    `WITH mine AS (SELECT id FROM notes) SELECT id FROM mine`,
    `SELECT id FROM ${VIEW} UNION ALL SELECT id FROM notes`,
  ])('refuses %s', (sql) => {
    expect(() => workspaceQuery('bad', sql, Row)).toThrow(UnscopedQueryError);
  });
});
