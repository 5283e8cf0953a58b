import type { FastifyInstance } from 'fastify';

import type { ServerLog } from '../logging/server-log.ts';

/** Throws to say that the server should not get traffic; the message goes to the log alone. */
export type ReadinessCheck = () => Promise<void>;

export interface HealthDeps {
  readonly checks?: Readonly<Record<string, ReadinessCheck>>;
  /** Told beside the others. One that fails leaves the server `degraded`, and it still gets traffic: it can do much without. */
  readonly softChecks?: Readonly<Record<string, ReadinessCheck>>;
  /** Names of what is not as it should be although traffic is served well: shown, and no reason to turn traffic away. */
  readonly warnings?: () => readonly string[];
  readonly version: string;
  readonly log: ServerLog;
}

const CHECK_TIMEOUT_MS = 2_000;

/**
 * `/health`: the process answers. `/health/ready`: it should get traffic: every check passes and it is not closing (else 503); a soft check
 * that fails is told, and makes it `degraded`. Neither needs a key, so a failing check is told by its name alone and its reason goes to the log.
 */
export function mountHealth(server: FastifyInstance, deps: HealthDeps, isClosing: () => boolean): void {
  server.get('/health', async (_request, reply) => {
    return Promise.resolve(reply.header('cache-control', 'no-store').send({ status: 'ok', version: deps.version }));
  });
  server.get('/health/ready', async (_request, reply) => {
    const [hard, soft] = await Promise.all([outcomes(deps.checks, deps.log), outcomes(deps.softChecks, deps.log)]);
    const warnings = deps.warnings?.() ?? [];
    const ready = !isClosing() && passed(hard);
    const status = isClosing() ? 'closing' : !ready ? 'not ready' : passed(soft) ? 'ready' : 'degraded';
    return reply
      .code(ready ? 200 : 503)
      .header('cache-control', 'no-store')
      .send({
        status,
        version: deps.version,
        checks: { ...hard, ...soft },
        ...(warnings.length === 0 ? {} : { warnings }),
      });
  });
}

type Outcome = 'ok' | 'failed';

const passed = (outcomes: Readonly<Record<string, Outcome>>): boolean =>
  Object.values(outcomes).every((outcome) => outcome === 'ok');

async function outcomes(checks: HealthDeps['checks'], log: ServerLog): Promise<Record<string, Outcome>> {
  const entries = Object.entries(checks ?? {}).map(
    async ([name, check]) => [name, await outcome(name, check, log)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function outcome(name: string, check: ReadinessCheck, log: ServerLog): Promise<Outcome> {
  const late = new AbortController();
  try {
    await Promise.race([check(), rejectAfter(CHECK_TIMEOUT_MS, late.signal)]);
    return 'ok';
  } catch (error) {
    log.warn({ error, check: name }, 'a readiness check failed');
    return 'failed';
  } finally {
    late.abort();
  }
}

async function rejectAfter(ms: number, signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${String(ms)} ms`)), ms);
    signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
  });
}
