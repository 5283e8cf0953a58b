import type { Writable } from 'node:stream';
import pg from 'pg';
import { noteLent, noteReturned } from './lent-client.ts';
import { currentWorkspace } from './workspace-scope.ts';

/** Ids come from the codec's alphabet (checked by `inWorkspace`), so they can stand in a literal without escaping. */
const openScope = (workspaceId: string): string => `BEGIN; SET LOCAL app.workspace_id = '${workspaceId}'`;

type Query = (...args: unknown[]) => unknown;
// pg's overloads can't be restated without giving up types; what passes through here keeps its arguments, only BEGIN is looked at.
const queryOf = (target: object): Query => Reflect.get(target, 'query') as Query;
const plainQuery = queryOf(pg.Client.prototype);
const plainConnect = Reflect.get(pg.Pool.prototype, 'connect') as Query;

/** Where statements leave: pg's types do not show it. */
interface Wired {
  readonly connection: { readonly stream: Writable };
}

/**
 * A client whose BEGIN carries the workspace. The setting is local to the transaction: nothing is ever set on a session. Statements of one turn of
 * the event loop leave together: each by itself would cost a system call here and waking the server there.
 */
class WorkspaceClient extends pg.Client {
  override query = ((...args: unknown[]): unknown => {
    const { stream } = (this as unknown as Wired).connection;
    stream.cork();
    process.nextTick(() => {
      stream.uncork();
    });
    const [first, ...rest] = args;
    const text = typeof first === 'string' ? first : (first as { text?: string } | undefined)?.text;
    const workspaceId = currentWorkspace();
    if (workspaceId === undefined || text === undefined || !/^\s*BEGIN\b/i.test(text))
      return Reflect.apply(plainQuery, this, args);
    // Two statements need the simple protocol, which takes no values; a callback, if any, stays.
    return Reflect.apply(plainQuery, this, [
      openScope(workspaceId),
      ...rest.filter((arg) => typeof arg === 'function'),
    ]);
  }) as pg.Client['query'];
}

/**
 * Gives every statement its workspace under row-level security: a lone statement travels with BEGIN and COMMIT in one round trip
 * (pg's pipeline mode), a transaction's BEGIN carries the setting. Without a workspace in scope the app's role sees no tenant row.
 */
export class WorkspacePool extends pg.Pool {
  constructor(config: pg.PoolConfig) {
    super({ ...config, pipeline: true, Client: WorkspaceClient });
    // Without a listener a server that goes away takes the process with it; statements report the failure themselves. The pool
    // listens to idle clients only, so each has a listener of its own for while it is lent.
    this.on('error', () => undefined);
    this.on('connect', (client) => client.on('error', () => undefined));
    this.on('release', (_error, client) => {
      noteReturned(client);
    });
  }

  override connect = (async (...args: unknown[]): Promise<unknown> => {
    const client = (await Reflect.apply(plainConnect, this, args)) as pg.PoolClient | undefined;
    if (client !== undefined) noteLent(client); // undefined for who gave a callback
    return client;
  }) as pg.Pool['connect'];

  override query = (async (...args: unknown[]): Promise<unknown> => {
    const workspaceId = currentWorkspace();
    const client = await this.connect();
    try {
      if (workspaceId === undefined) return await Reflect.apply(queryOf(client), client, args);
      const opened = client.query('BEGIN');
      const answer = Reflect.apply(queryOf(client), client, args) as Promise<unknown>;
      const closed = client.query('COMMIT');
      // A failed statement turns COMMIT into ROLLBACK; all three are awaited so that no rejection goes unhandled.
      const [begun, answered, ended] = await Promise.allSettled([opened, answer, closed]);
      for (const step of [begun, answered, ended]) if (step.status === 'rejected') throw step.reason;
      return answered.status === 'fulfilled' ? answered.value : undefined;
    } finally {
      client.release();
    }
  }) as pg.Pool['query'];
}
