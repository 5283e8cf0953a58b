import { spawn } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '#cli/embedded/processes.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDER = path.resolve(process.env['OPPULENCE_PROVIDER_SPECS'] ?? path.resolve(ROOT, '../shared/provider-specs'));

/** Why the validating mock cannot be run here; null when it can. */
export function mockMissing(): string | null {
  if (!existsSync(path.join(FOLDER, 'mock-provider.mjs'))) return `the validating mock is not in ${FOLDER}`;
  const { resolve } = createRequire(import.meta.url);
  for (const name of ['ajv/dist/2020.js', 'ajv-formats', 'qs', 'yaml']) {
    try {
      resolve(name);
    } catch {
      return `${name}, which the validating mock needs, is not installed`;
    }
  }
  return null;
}

export interface MockCall {
  readonly method: string;
  readonly path: string;
  readonly op: string;
  readonly verdict: string;
  readonly errors?: readonly string[];
  readonly warnings?: readonly string[];
}

export interface StripeMock {
  readonly url: string;
  /** The next answer to this operation, once its request was accepted. */
  plan(answer: { match: string; status?: number; body: object; times?: number }): Promise<void>;
  calls(): readonly MockCall[];
  stop(): Promise<void>;
}

/** Runs the mock from a copy beside our own packages, which it then finds; its folder may be read-only. */
export async function startStripeMock(): Promise<StripeMock> {
  const cache = path.join(ROOT, 'node_modules/.cache/oppulence');
  mkdirSync(cache, { recursive: true });
  const home = mkdtempSync(path.join(cache, 'stripe-mock-'));
  for (const part of ['mock-provider.mjs', 'package.json', 'stripe'])
    cpSync(path.join(FOLDER, part), path.join(home, 'provider-specs', part), { recursive: true });
  cpSync(path.resolve(FOLDER, '../fixtures/stripe'), path.join(home, 'fixtures/stripe'), { recursive: true });
  const log = path.join(home, 'calls.jsonl');
  const port = await freePort();
  const mock = spawn(
    process.execPath,
    [path.join(home, 'provider-specs/mock-provider.mjs'), 'stripe', '--port', String(port), '--log', log],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const exited = new Promise<void>((resolve) =>
    mock.once('exit', () => {
      resolve();
    }),
  );
  await new Promise<void>((resolve, reject) => {
    mock.stdout.once('data', () => {
      resolve();
    });
    mock.once('exit', (code) => {
      reject(new Error(`The mock ended with code ${String(code)}`));
    });
  });
  const url = `http://127.0.0.1:${String(port)}`;
  return {
    url,
    plan: async (answer) => {
      await fetch(`${url}/__mock/next`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(answer),
      });
    },
    calls: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as MockCall),
    stop: async () => {
      mock.kill();
      await exited;
      rmSync(home, { recursive: true, force: true });
    },
  };
}
