import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import pg from 'pg';
import { ROOT } from '../support/root.ts';
import type { Cleanup } from '../support/scratch.ts';
import { freePort, startServer } from '../support/server.ts';
import type { Contestant } from './contestant.ts';
import { verdictOf } from './verdict.ts';

/** Pinned, from npm, and in a folder of their own: nothing of theirs is a dependency of ours. */
const PEERS = {
  supabase: {
    name: '@supabase/stripe-sync-engine 0.48.5',
    packages: [
      '@supabase/stripe-sync-engine@0.48.5',
      'stripe@23.1.0',
      'pino@10.4.0',
      'fastify@5.12.8',
      'typescript@5.9.3',
    ],
  },
  stripe: { name: '@stripe/sync-engine 1.0.32', packages: ['@stripe/sync-engine@1.0.32', 'fastify@5.12.8'] },
} as const;
export type Peer = keyof typeof PEERS;
export const PEER_NAMES = Object.keys(PEERS) as Peer[];

const SECRET = 'whsec_bench';
const KEPT = ['migrations', '_migrations', 'accounts'];

export interface PeerOptions {
  readonly tools: string;
  readonly traffic: string;
  readonly databaseUrl: string;
  readonly scratch: string;
}

export async function peer(which: Peer, options: PeerOptions, cleanup: Cleanup): Promise<Contestant> {
  const { tools, databaseUrl } = options;
  const folder = installed(which);
  const port = await freePort();
  const base = `http://127.0.0.1:${String(port)}`;
  await startServer(
    {
      name: PEERS[which].name,
      args: [path.join(tools, `peers/${which}-server.mjs`)],
      cwd: folder,
      env: {
        DATABASE_URL: databaseUrl,
        PORT: String(port),
        STRIPE_WEBHOOK_SECRET: SECRET,
        ...(which === 'stripe' ? { OPENAPI: openApi(tools, options.scratch) } : {}),
      },
      logFile: path.join(options.scratch, `${which}.log`),
      url: `${base}/health`,
      withinMs: 120_000,
    },
    cleanup,
  );
  const admin = new pg.Pool({ connectionString: databaseUrl, max: 1 });
  admin.on('error', () => undefined);
  cleanup.add(() => admin.end());
  return {
    name: PEERS[which].name,
    fresh: async () => {
      await truncate(admin);
      return { url: `${base}/v1/webhooks/stripe`, secret: SECRET };
    },
    verify: async () => {
      const sql = readFileSync(path.join(tools, `peers/dump-${which}.sql`), 'utf8');
      const { rows } = await admin.query<[unknown]>({ text: sql, rowMode: 'array' });
      return verdictOf(tools, options.traffic, rows.map(([line]) => JSON.stringify(line)).join('\n'));
    },
  };
}

function installed(which: Peer): string {
  const folder = path.join(ROOT, 'node_modules/.cache/oppulence/bench-peers', which);
  const packages = PEERS[which].packages;
  const complete = path.join(folder, 'complete');
  if (existsSync(complete) && readFileSync(complete, 'utf8') === packages.join(' ')) return folder;
  console.log(`Installing ${PEERS[which].name} from npm, once…`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  const quiet = ['--no-audit', '--no-fund', '--loglevel=error', '--save-exact'];
  execFileSync('npm', ['install', ...quiet, ...packages], { cwd: folder, stdio: ['ignore', 'ignore', 'inherit'] });
  writeFileSync(complete, packages.join(' '));
  return folder;
}

/** One of them wants to download Stripe's OpenAPI file; the typings of the npm package say the same. */
function openApi(tools: string, scratch: string): string {
  const file = path.join(scratch, 'openapi.json');
  const made = execFileSync(process.execPath, [path.join(tools, 'peers/make-openapi.mjs')], {
    cwd: installed('supabase'),
    maxBuffer: 256 << 20,
  });
  writeFileSync(file, made);
  return file;
}

async function truncate(admin: pg.Pool): Promise<void> {
  const { rows } = await admin.query<{ name: string }>(
    `SELECT format('stripe.%I', tablename) AS name FROM pg_tables WHERE schemaname = 'stripe' AND NOT tablename = ANY ($1)`,
    [KEPT],
  );
  if (rows.length > 0) await admin.query(`TRUNCATE ${rows.map(({ name }) => name).join(', ')} CASCADE`);
  await admin.query('CHECKPOINT');
}
