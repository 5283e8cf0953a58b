import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface TrafficOptions {
  readonly events: number;
  readonly profile: 'core' | 'full';
  readonly seed: number;
  /** Of which version of the API: 2026-10-28 unless it is `legacy`, 2024-06-20. */
  readonly shape?: 'endive' | 'legacy';
  /** Shares of the events that come late, and that come twice; 0.04 and 0.05 unless given. They change the order of arrival and nothing else. */
  readonly late?: number;
  readonly dup?: number;
}

export interface Traffic {
  /** Holds deliveries.jsonl and expected.jsonl. */
  readonly folder: string;
  readonly deliveries: number;
  /** Events of live mode: what Stripe would send to the endpoint of the LIVE workspace; null when there are none. */
  readonly liveFile: string | null;
}

/** The same options give the same bytes: the generator's "now" is fixed. */
export function generateTraffic(tools: string, folder: string, options: TrafficOptions): Traffic {
  const { events, profile, seed, shape = 'endive', late = 0.04, dup = 0.05 } = options;
  const given = { events, profile, seed, shape, late, dup, now: 1_795_000_000, out: folder };
  const args = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)]);
  execFileSync(process.execPath, [path.join(tools, 'generate.mjs'), ...args], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return trafficIn(folder);
}

/** What lies in a folder as the generator left it. */
export function trafficIn(folder: string): Traffic {
  const lines = linesOf(folder, 'deliveries');
  const live = lines.filter((line) => isLive((JSON.parse(line) as { body: string }).body));
  const liveFile = path.join(folder, 'deliveries.live.jsonl');
  if (live.length > 0) writeFileSync(liveFile, `${live.join('\n')}\n`);
  return { folder, deliveries: lines.length, liveFile: live.length > 0 ? liveFile : null };
}

function isLive(body: string): boolean {
  return (JSON.parse(body) as { livemode: boolean }).livemode;
}

export function linesOf(folder: string, name: 'deliveries' | 'expected'): string[] {
  return readFileSync(path.join(folder, `${name}.jsonl`), 'utf8')
    .split('\n')
    .filter(Boolean);
}
