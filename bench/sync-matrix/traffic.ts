import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { generateTraffic, linesOf } from '../stripe-webhooks/traffic.ts';

export type Shape = 'endive' | 'legacy' | 'mixed';

/** What happens at Stripe. The same options give the same history, whatever the order in which it is told. */
export interface History {
  readonly events: number;
  readonly profile: 'core' | 'full';
  /** Versions of the API: 2026-10-28, 2024-06-20, or both. */
  readonly shape: Shape;
  readonly seed: number;
}

/** In which order it is told: shares of the events that come minutes to hours late, and that come twice. */
export interface Arrival {
  readonly late: number;
  readonly dup: number;
}

interface Line {
  readonly id: string;
  readonly body: string;
}

/** One event as Stripe sends it. */
interface Event {
  readonly created: number;
  readonly livemode: boolean;
  readonly data: { readonly object: { readonly object: string } };
}

/** A delivery, and whether it belongs into live mode. */
export interface ToSend {
  readonly body: Buffer;
  readonly livemode: boolean;
}

/** Writes deliveries.jsonl and expected.jsonl into the folder. @returns the deliveries, in their order of arrival. */
export function makeTraffic(tools: string, folder: string, { shape, ...of }: History & Arrival): readonly ToSend[] {
  if (shape !== 'mixed') generateTraffic(tools, folder, { ...of, shape });
  else if (of.profile === 'core') spliced(tools, folder, of);
  else interleaved(tools, folder, of);
  return linesOf(folder, 'deliveries').map((line) => {
    const { body } = JSON.parse(line) as Line;
    return { body: Buffer.from(body), livemode: eventIn(body).livemode };
  });
}

type Plain = Omit<History, 'shape'> & Arrival;

/**
 * The version of the API changes half way: what was sent before the middle event came in the old shape, the rest in the new one. The
 * generator makes the same history in both, with the same ids.
 */
function spliced(tools: string, folder: string, of: Plain): void {
  const [current, legacy] = both(tools, folder, of, of);
  const old = new Map(legacy.deliveries.map(({ id, body }) => [id, body]));
  // Of each event once: how often some of them are told is no part of the history.
  const created = new Map(current.deliveries.map(({ id, body }) => [id, eventIn(body).created]));
  const seconds = [...created.values()].toSorted((a, b) => a - b);
  const middle = seconds[Math.floor(seconds.length / 2)] ?? 0;
  const lines = current.deliveries.map((line) =>
    eventIn(line.body).created < middle ? { ...line, body: old.get(line.id) ?? line.body } : line,
  );
  write(folder, lines, current.expected);
}

/**
 * In this profile the two shapes have other objects (payments of invoices are objects in the new one only), so there is nothing to splice: one
 * account has two endpoints, each of its own version and about its own half of the business. Coupons are left out of one half, because the
 * merchant chose the same id in both.
 */
function interleaved(tools: string, folder: string, of: Plain): void {
  const half = { ...of, events: Math.ceil(of.events / 2) };
  const [current, legacy] = both(tools, folder, half, { ...half, seed: of.seed + 1_000_000 });
  const others = legacy.deliveries.filter(({ body }) => eventIn(body).data.object.object !== 'coupon');
  const positioned = [current.deliveries, others].flatMap((lines) =>
    lines.map((line, index) => ({ line, at: index / lines.length })),
  );
  const lines = positioned.toSorted((a, b) => a.at - b.at).map(({ line }) => line);
  const expected = legacy.expected.filter((line) => (JSON.parse(line) as { object: string }).object !== 'coupon');
  write(folder, lines, [...current.expected, ...expected]);
}

interface Generated {
  readonly deliveries: readonly Line[];
  readonly expected: readonly string[];
}

function both(tools: string, folder: string, current: Plain, legacy: Plain): readonly [Generated, Generated] {
  const generated = (shape: 'endive' | 'legacy', of: Plain): Generated => {
    const own = path.join(folder, shape);
    generateTraffic(tools, own, { ...of, shape });
    return {
      deliveries: linesOf(own, 'deliveries').map((line) => JSON.parse(line) as Line),
      expected: linesOf(own, 'expected'),
    };
  };
  return [generated('endive', current), generated('legacy', legacy)];
}

function write(folder: string, deliveries: readonly Line[], expected: readonly string[]): void {
  mkdirSync(folder, { recursive: true });
  const file = (name: string, lines: readonly string[]): void => {
    writeFileSync(path.join(folder, `${name}.jsonl`), `${lines.join('\n')}\n`);
  };
  file(
    'deliveries',
    deliveries.map((line) => JSON.stringify(line)),
  );
  file('expected', expected);
}

const eventIn = (body: string): Event => JSON.parse(body) as Event;
