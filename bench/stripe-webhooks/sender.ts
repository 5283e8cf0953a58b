import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import type { Target } from './contestant.ts';

const run = promisify(execFile);

export interface Sent {
  readonly perS: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly wallS: number;
  /** When the last answer was in, by the clock of `Date.now()`. */
  readonly endedAt: number;
  readonly refused: number;
  readonly statuses: Readonly<Record<string, number>>;
}

interface Answer {
  deliveries_per_s: number;
  wall_s: number;
  deliveries: number;
  accepted: number;
  latency_ms: { p50: number; p99: number };
  statuses: Record<string, number>;
}

/** Signs and sends a file of deliveries, so many at once; `progress` moves the Stripe that is asked back along with it. */
export async function send(
  tools: string,
  target: Target,
  options: { readonly file: string; readonly concurrency: number; readonly progress?: string },
): Promise<Sent> {
  const args = [
    path.join(tools, 'send.mjs'),
    ...['--url', target.url, '--secret', target.secret, '--file', options.file],
    ...['--concurrency', String(options.concurrency)],
    ...(options.progress === undefined ? [] : ['--progress', options.progress]),
  ];
  const { stdout } = await run(process.execPath, args, { maxBuffer: 64 << 20 });
  const answer = JSON.parse(stdout) as Answer;
  return {
    perS: answer.deliveries_per_s,
    p50Ms: answer.latency_ms.p50,
    p99Ms: answer.latency_ms.p99,
    wallS: answer.wall_s,
    endedAt: Date.now(),
    refused: answer.deliveries - answer.accepted,
    statuses: answer.statuses,
  };
}
