import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#cli/embedded/processes.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const SERVER = path.resolve(ROOT, '../shared/bench/stripe-webhooks/serve.mjs');

/** Null when the server is not beside this repository; then says so, because a test that is left out looks like one that passed. */
export function generatedStripe(): string | null {
  if (existsSync(SERVER)) return SERVER;
  console.warn(`Left out: ${SERVER} is not there, so a Stripe over generated traffic is not tried.`);
  return null;
}

export interface GeneratedStripe {
  readonly url: string;
  stop(): Promise<void>;
}

/** Stripe's API, read-only, over a folder of generated traffic, as it is at the traffic's end. */
export async function serveTraffic(server: string, folder: string, ...options: string[]): Promise<GeneratedStripe> {
  const port = await freePort();
  const child = spawn(process.execPath, [server, '--data', folder, '--port', String(port), ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    child.stdout.once('data', () => {
      resolve();
    });
    child.once('exit', (code) => {
      reject(new Error(`The generated Stripe ended with code ${String(code)}`));
    });
  });
  return {
    url: `http://127.0.0.1:${String(port)}`,
    stop: async () => {
      child.kill();
      await exited;
    },
  };
}
