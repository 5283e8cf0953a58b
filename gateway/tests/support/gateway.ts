import { AuthenticationError } from '#subgraphs/shared/errors/errors.ts';

import { createGateway } from '../../server.ts';
import { serveGraph } from './remote.ts';
import { createTestGraph } from './subgraphs.ts';

import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { SubgraphServerDeps } from '#subgraphs/shared/server/serve-subgraph.ts';

import type { Gateway, GatewayDeps, GatewayLog } from '../../types.ts';
import type { RemoteGraph } from './remote.ts';
import type { TestGraph } from './subgraphs.ts';

export const WORKSPACE = `ws_${'a'.repeat(20)}`;
export const KEY = 'op_test_goodkey';
/** A key without the scopes that fields ask for. */
export const POOR_KEY = 'op_test_poorkey';

/** How the gateway reaches the test graph's subgraphs. */
export type Reach = 'in process' | 'over the network';
export const REACHES: readonly Reach[] = ['in process', 'over the network'];

/** A key of another workspace. */
export const OTHER_KEY = 'op_test_otherkey';
export const OTHER_WORKSPACE = `ws_${'b'.repeat(20)}`;
/** Another key of the same workspace, with the same scopes. */
export const EQUAL_KEY = 'op_test_equalkey';
/** One with fewer scopes, and one with the same of another workspace. */
export const LESSER_KEY = 'op_test_lesserkey';
export const FOREIGN_KEY = 'op_test_foreignkey';

export interface LogLine {
  readonly level: string;
  readonly fields: Readonly<Record<string, unknown>>;
  readonly message: string;
}

export interface TestGateway {
  readonly gateway: Gateway;
  readonly url: string;
  readonly graph: TestGraph;
  /** The subgraphs' servers, when the gateway reaches them over the network. */
  readonly remote: RemoteGraph | null;
  readonly log: LogLine[];
  /** Writes there. */
  readonly logger: GatewayLog;
  /** Keys that `authenticate` now refuses. */
  readonly revoked: Set<string>;
  /** Scopes that a key has now, where they are not its first. */
  readonly scopes: Map<string, readonly string[]>;
  /** While true, keys can't be checked, as when the database is away. */
  readonly trouble: { keysUnreadable: boolean };
}

export async function startGateway(
  overrides: Partial<GatewayDeps> = {},
  {
    port = 0,
    reach = 'in process',
    servers = {},
  }: { port?: number; reach?: Reach; servers?: Partial<SubgraphServerDeps> } = {},
): Promise<TestGateway> {
  const graph = createTestGraph();
  const log: LogLine[] = [];
  const logger = recorder(log);
  const revoked = new Set<string>();
  const scopes = new Map<string, readonly string[]>();
  const trouble = { keysUnreadable: false };
  const remote = reach === 'in process' ? null : await serveGraph(graph, logger, servers);
  const gateway = await createGateway({
    supergraphSdl: graph.supergraphSdl,
    subgraphs: remote?.sources ?? graph.subgraphs,
    authenticate: async (token) => {
      if (trouble.keysUnreadable) throw new Error('connection refused by db.internal');
      return Promise.resolve(withScopes(callerOf(token, revoked), scopes.get(token ?? '')));
    },
    playground: false,
    introspection: true,
    log: logger,
    version: '0.0.0-test',
    drainMs: 2_000,
    ...overrides,
  });
  const url = await gateway.listen({ port });
  return { gateway: closingBoth(gateway, remote), url, graph, remote, log, logger, revoked, scopes, trouble };
}

/** A gateway whose end is the end of the servers behind it, as each test wants it. */
function closingBoth(gateway: Gateway, remote: RemoteGraph | null): Gateway {
  return {
    listen: async (at) => gateway.listen(at),
    get url() {
      return gateway.url;
    },
    openSockets: () => gateway.openSockets(),
    swapSupergraph: async (sdl) => gateway.swapSupergraph(sdl),
    close: async () => {
      await gateway.close();
      await remote?.close();
    },
  };
}

function withScopes(caller: Caller, scopes: readonly string[] | undefined): Caller {
  return caller.kind === 'API_KEY' && scopes !== undefined ? { ...caller, scopes } : caller;
}

function callerOf(token: string | null, revoked: ReadonlySet<string>): Caller {
  if (token === null) return { kind: 'ANONYMOUS' };
  if (revoked.has(token)) throw new AuthenticationError();
  const caller = CALLERS[token];
  if (caller === undefined) throw new AuthenticationError();
  // A new object each time, as when it comes from a database.
  return { ...caller };
}

const GOOD = {
  kind: 'API_KEY',
  keyId: 'key_good',
  workspaceId: WORKSPACE,
  mode: 'TEST',
  scopes: ['accounts:read', 'recovery:read'],
} as const;

const CALLERS: Readonly<Record<string, Caller>> = {
  [KEY]: GOOD,
  [POOR_KEY]: { ...GOOD, keyId: 'key_poor', scopes: [] },
  [OTHER_KEY]: { ...GOOD, keyId: 'key_other', workspaceId: OTHER_WORKSPACE, scopes: [] },
  [EQUAL_KEY]: { ...GOOD, keyId: 'key_equal', scopes: ['recovery:read', 'accounts:read'] },
  [LESSER_KEY]: { ...GOOD, keyId: 'key_lesser', scopes: ['recovery:read'] },
  [FOREIGN_KEY]: { ...GOOD, keyId: 'key_foreign', workspaceId: OTHER_WORKSPACE },
};

export function recorder(lines: LogLine[]): GatewayLog {
  const write =
    (level: string) =>
    (fields: object, message: string): void =>
      void lines.push({ level, fields: { ...fields }, message });
  return { debug: write('debug'), info: write('info'), warn: write('warn'), error: write('error') };
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly data: Record<string, unknown> | null | undefined;
  readonly errors: readonly { message: string; path?: unknown[]; extensions: Record<string, unknown> }[];
}

/** POST /graphql with the good key, unless told otherwise (`authorization: null` sends none). */
export async function ask(
  url: string,
  query: string,
  options: {
    variables?: object;
    operationName?: string;
    authorization?: string | null;
    headers?: Record<string, string>;
  } = {},
): Promise<Answer> {
  const { variables, operationName, authorization = `Bearer ${KEY}`, headers = {} } = options;
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization === null ? {} : { authorization }), ...headers },
    body: JSON.stringify({ query, variables, operationName }),
  });
  return answerOf(response);
}

export async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as { data?: Record<string, unknown> | null; errors?: Answer['errors'] };
  return { status: response.status, headers: response.headers, data: body.data, errors: body.errors ?? [] };
}

/** Polls until it holds, for what another connection brings about. */
export async function until(holds: () => boolean, what: string, withinMs = 5_000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`Still not so after ${String(withinMs)} ms: ${what}`);
    await new Promise((next) => setTimeout(next, 5));
  }
}
