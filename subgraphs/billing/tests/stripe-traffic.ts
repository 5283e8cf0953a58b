import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const GENERATOR = path.resolve(ROOT, '../shared/bench/stripe-webhooks/generate.mjs');

/** Null when the generator is not beside this repository; then says so, because a test that is left out looks like one that passed. */
export function trafficGenerator(): string | null {
  if (existsSync(GENERATOR)) return GENERATOR;
  console.warn(`Left out: ${GENERATOR} is not there, so generated Stripe traffic is not tried.`);
  return null;
}

export interface Delivered {
  readonly id: string;
  readonly type: string;
  readonly created: number;
  readonly account: string | undefined;
  readonly livemode: boolean;
  readonly api_version: string;
  readonly data: { readonly object: JsonObject; readonly previous_attributes?: JsonObject };
}

export interface Expected {
  readonly account: string | null;
  readonly livemode: boolean;
  readonly object: string;
  readonly id: string;
  readonly rev: string | null;
  readonly deleted: boolean;
}

export interface Traffic {
  /** In the order of arrival: late, out of order and with duplicates. */
  readonly deliveries: readonly Delivered[];
  readonly expected: readonly Expected[];
}

export interface TrafficOptions {
  readonly events: number;
  readonly seed: number;
  readonly shape: 'endive' | 'legacy';
  readonly profile?: 'core' | 'full';
  readonly late?: number;
  readonly dup?: number;
}

export interface KeptTraffic extends Traffic {
  /** Where its files are, for whoever serves them. */
  readonly folder: string;
  remove(): void;
}

export function keepTraffic(generator: string, options: TrafficOptions): KeptTraffic {
  const folder = mkdtempSync(path.join(tmpdir(), 'oppulence-traffic-'));
  const args = Object.entries({ late: 0.1, dup: 0.1, ...options, now: 1_795_000_000, out: folder }).flatMap(
    ([name, value]) => [`--${name}`, String(value)],
  );
  execFileSync(process.execPath, [generator, ...args], { stdio: 'ignore' });
  const lines = (file: string): unknown[] =>
    readFileSync(path.join(folder, file), 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line): unknown => JSON.parse(line));
  return {
    folder,
    deliveries: (lines('deliveries.jsonl') as { body: string }[]).map(({ body }) => JSON.parse(body) as Delivered),
    expected: lines('expected.jsonl') as Expected[],
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export function generateTraffic(generator: string, options: TrafficOptions): Traffic {
  const kept = keepTraffic(generator, options);
  kept.remove();
  return kept;
}
