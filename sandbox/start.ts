/** Starts the Stripe sandbox inside this process. */
import fastify, { type FastifyInstance } from 'fastify';
import pg from 'pg';
import { ZodError } from 'zod';
import { addConnectControlRoutes } from './stripe/connect/control-routes.ts';
import { addOAuthRoutes } from './stripe/connect/oauth-routes.ts';
import { startClockRunner } from './stripe/clocks/clock-runner.ts';
import { addControlRoutes } from './stripe/control/control-routes.ts';
import { addPayoutRoutes } from './stripe/control/payout-routes.ts';
import { Dispatcher } from './stripe/delivery/dispatcher.ts';
import { addApiRoutes } from './stripe/http/api-routes.ts';
import { Trouble } from './stripe/http/trouble.ts';
import { ALL_OPERATIONS } from './stripe/operations/all.ts';
import { addCheckoutRoutes, addInvoicePage } from './stripe/pages/checkout-routes.ts';
import { addIndexRoute } from './stripe/pages/index-route.ts';
import { createTables, forgetOldKeys } from './stripe/store/schema.ts';

export interface SandboxOptions {
  /** A PostgreSQL database of the sandbox's own; it must exist, the tables are made. */
  readonly databaseUrl: string;
  readonly host?: string;
  /** 0 takes any free port. */
  readonly port?: number;
  /** Where browsers reach it, when that is not `http://host:port`. */
  readonly publicUrl?: string;
  /** The watch by which requests per second are counted, in milliseconds; the machine's unless given. */
  readonly watch?: () => number;
}
export interface RunningSandbox {
  readonly url: string;
  close(): Promise<void>;
}

const BODY_LIMIT = 1_048_576;

export async function startSandbox(options: SandboxOptions): Promise<RunningSandbox> {
  const pool = new pg.Pool({ connectionString: options.databaseUrl, max: 16 });
  let closing = false;
  const lost = (error: unknown): void => {
    if (!closing) report(error);
  };
  // a database server that stops must not take this process along, whether its connections are idle or in use
  pool.on('error', lost);
  pool.on('connect', (client) => client.on('error', lost));
  await createTables(pool);
  await forgetOldKeys(pool);
  let url = '';
  const publicUrl = (): string => options.publicUrl ?? url;
  const dispatcher = new Dispatcher(pool, report);
  const clocks = startClockRunner({
    pool,
    publicUrl,
    afterStep: () => {
      dispatcher.wake();
    },
    onError: report,
  });
  const wake = (): void => {
    clocks.wake();
    dispatcher.wake();
  };

  const app = createApp();
  const trouble = new Trouble(options.watch);
  addApiRoutes(app, ALL_OPERATIONS, { pool, publicUrl, trouble, afterWrite: wake });
  addControlRoutes(app, { pool, trouble, wake });
  addPayoutRoutes(app, { pool, publicUrl, afterWrite: wake });
  addCheckoutRoutes(app, { pool, publicUrl, afterWrite: wake });
  addInvoicePage(app);
  addOAuthRoutes(app, { pool, publicUrl, afterWrite: wake });
  addConnectControlRoutes(app, { pool, publicUrl, afterWrite: wake });
  addIndexRoute(app, pool);
  url = await app.listen({ host: options.host ?? '127.0.0.1', port: options.port ?? 0 });
  return {
    url,
    async close(): Promise<void> {
      closing = true;
      await app.close();
      await clocks.stop();
      await dispatcher.stop();
      await pool.end();
    },
  };
}

function createApp(): FastifyInstance {
  const app = fastify({ bodyLimit: BODY_LIMIT, forceCloseConnections: true, logger: { level: 'error' } });
  // forms stay text: the idempotency key covers them as they were sent
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_request, body, done) => {
    done(null, body);
  });
  app.setErrorHandler((error, _request, reply) => {
    if (error instanceof ZodError)
      return reply
        .status(400)
        .send({ error: error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ') });
    const status = statusOf(error);
    if (status >= 500) report(error);
    return reply.status(status).send({
      error: {
        type: status >= 500 ? 'api_error' : 'invalid_request_error',
        message: error instanceof Error ? error.message : 'unknown',
      },
    });
  });
  return app;
}

function statusOf(error: unknown): number {
  const status: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, 'statusCode') : undefined;
  return typeof status === 'number' ? status : 500;
}

function report(error: unknown): void {
  process.stderr.write(`sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
}
