import type pg from 'pg';

/** A table with a workspace column, quoted. One that is partitioned counts once. */
export async function tenantTables(admin: pg.Pool): Promise<string[]> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT format('%I.%I', n.nspname, c.relname) AS name
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND EXISTS (
       SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped)
     ORDER BY 1`,
  );
  return rows.map(({ name }) => name);
}

/** Everything that a workspace has in PostgreSQL, as one digest per table. Read behind row-level security. */
export async function snapshotOf(admin: pg.Pool, workspaceIds: readonly string[]): Promise<Record<string, string>> {
  return digests(admin, 'WHERE workspace_id = ANY($1)', [workspaceIds]);
}

/** Every workspace's rows; `except` names tables that may differ. */
export async function snapshotOfAll(admin: pg.Pool, except: readonly string[]): Promise<Record<string, string>> {
  const all = await digests(admin, '', []);
  return Object.fromEntries(Object.entries(all).filter(([name]) => !except.includes(name)));
}

/** Written by each process in its own time, whoever asks for what. */
const BESIDES_REQUESTS = 'kernel.provider_health';

async function digests(admin: pg.Pool, where: string, params: unknown[]): Promise<Record<string, string>> {
  const tables = (await tenantTables(admin)).filter((name) => name !== BESIDES_REQUESTS);
  const one = (name: string): string =>
    `SELECT '${name}' AS name, count(*) || ' rows ' || coalesce(md5(string_agg(t::text, E'\\n' ORDER BY t::text)), '') AS digest FROM ${name} t ${where}`;
  const { rows } = await admin.query<{ name: string; digest: string }>(tables.map(one).join(' UNION ALL '), params);
  return Object.fromEntries(rows.map(({ name, digest }) => [name, digest]));
}

/** Words that stand out: ids, addresses, digests; neither instants nor plain numbers. */
export function telltales(text: string): Set<string> {
  const words = text.match(/[\w.@:+-]{10,}/g) ?? [];
  return new Set(
    words.filter((word) => /[@0-9]/.test(word) && /[A-Za-z]/.test(word) && !/^\W*\d{4}-\d{2}-\d{2}/.test(word)),
  );
}

/** All that a workspace's rows say, as text. */
export async function textOf(admin: pg.Pool, workspaceId: string): Promise<string> {
  const parts = (await tenantTables(admin)).map(
    (name) => `SELECT to_jsonb(t)::text AS row FROM ${name} t WHERE workspace_id = $1`,
  );
  const { rows } = await admin.query<{ row: string }>(parts.join(' UNION ALL '), [workspaceId]);
  return rows.map(({ row }) => row).join('\n');
}

/** Until nothing in the whole database is on its way: the state that two looks can be compared in. */
export async function whenQuiet(admin: pg.Pool, withinMs = 30_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (let quiet = 0; ;) {
    const { rows } = await admin.query<{ busy: string }>(
      `SELECT concat_ws(', ',
         (SELECT 'deliveries ' || string_agg(id, ' ') FROM kernel.inbox_event WHERE state IN ('RECEIVED', 'FAILED')),
         (SELECT 'events ' || count(*) FROM kernel.event_outbox HAVING count(*) > 0),
         (SELECT 'consumptions ' || string_agg(consumer, ' ') FROM kernel.consumption WHERE state = 'PENDING'),
         (SELECT 'effects ' || string_agg(e.kind, ' ') FROM kernel.effect e JOIN kernel.workspace_clock c USING (workspace_id)
          WHERE e.state IN ('PENDING', 'CLAIMED', 'UNKNOWN') AND coalesce(e.not_before <= coalesce(c.test_now, now()), true)),
         (SELECT 'timers ' || string_agg(t.kind, ' ') FROM kernel.timer t JOIN kernel.workspace_clock c USING (workspace_id)
          WHERE t.state = 'PENDING' AND t.due_at <= coalesce(c.test_now, now())),
         (SELECT 'jobs ' || string_agg(kind, ' ') FROM kernel.job WHERE state IN ('QUEUED', 'RUNNING'))) AS busy`,
    );
    const busy = rows[0]?.busy ?? '';
    quiet = busy === '' ? quiet + 1 : 0;
    if (quiet === 2) return;
    if (busy !== '' && Date.now() > deadline)
      throw new Error(`Still on its way after ${String(withinMs / 1000)} s: ${busy}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
