import type pg from 'pg';

export interface DumpedWorkspace {
  readonly workspaceId: string;
  /** The account that is connected itself; events of others carry theirs. */
  readonly account: string;
  readonly livemode: boolean;
}

/**
 * Every object of the workspaces' mirror, one JSON a line, in the words of the verifier. The tables are read as they are found in the schema
 * `stripe`, so a kind that is added there is seen here.
 */
export async function dumpMirror(admin: pg.Pool, workspaces: readonly DumpedWorkspace[]): Promise<string> {
  const tables = await admin.query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'stripe' AND column_name = 'stripe_id' ORDER BY 1`,
  );
  const lines: string[] = [];
  for (const { workspaceId, account, livemode } of workspaces) {
    for (const { name } of tables.rows) {
      const { rows } = await admin.query<{ line: string }>(
        `SELECT json_build_object(
           'object', $1::text, 'id', j->>'stripe_id', 'account', nullif(j->>'account', $3), 'livemode', coalesce((j->>'livemode')::bool, $4),
           'rev', j->'raw'->'metadata'->>'rev', 'status', lower(coalesce(j->'raw'->>'status', j->>'status')),
           'deleted', j->>'deleted_at' IS NOT NULL)::text AS line
         FROM (SELECT to_jsonb(t) AS j FROM stripe."${name}" t WHERE t.workspace_id = $2) AS mirrored
         WHERE j->>'stripe_id' IS NOT NULL`,
        [name, workspaceId, account, livemode],
      );
      for (const { line } of rows) lines.push(line);
    }
  }
  return lines.join('\n');
}
