import path from 'node:path';
import pg from 'pg';
import { ROOT } from '../support/root.ts';
import type { Cleanup } from '../support/scratch.ts';
import { freePort, startServer } from '../support/server.ts';
import type { Contestant } from './contestant.ts';

/** The least that an endpoint can do, on this machine and the same PostgreSQL: the ceilings of the run. */
export const FLOORS = {
  noop: 'floor: verify + 200',
  inbox: 'floor: + one durable INSERT',
  batch: 'floor: + shared multi-row INSERT',
} as const;
export type Floor = keyof typeof FLOORS;

const SECRET = 'whsec_bench';

export async function floor(
  mode: Floor,
  options: { readonly tools: string; readonly databaseUrl: string; readonly logFile: string },
  cleanup: Cleanup,
): Promise<Contestant> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}/v1/webhooks/stripe`;
  await startServer(
    {
      name: FLOORS[mode],
      args: [path.join(options.tools, 'peers/floor-server.mjs')],
      cwd: ROOT, // It takes `pg` from the folder it is started in.
      env: { MODE: mode, PORT: String(port), DATABASE_URL: options.databaseUrl, SECRET },
      logFile: options.logFile,
      url,
    },
    cleanup,
  );
  return {
    name: FLOORS[mode],
    fresh: async () => {
      if (mode !== 'noop') await truncate(options.databaseUrl);
      return { url, secret: SECRET };
    },
  };
}

async function truncate(databaseUrl: string): Promise<void> {
  const client = new pg.Client(databaseUrl);
  await client.connect();
  await client.query('TRUNCATE inbox');
  await client.end();
}
