import { figure, median, spread, table } from '../support/numbers.ts';
import type { Drained, Verdict } from './contestant.ts';
import type { Sent } from './sender.ts';
import { wrongIn } from './verdict.ts';

export interface Reading {
  readonly round: number;
  readonly contestant: string;
  readonly concurrency: number;
  readonly deliveries: number;
  readonly sent: Sent;
  readonly drained: Drained | null;
  /** CPU milliseconds for one delivery, by part of the product; null for others. */
  readonly cpu: Readonly<Record<string, number>> | null;
  readonly verdict: Verdict | null;
}

/** Deliveries a second from the first one sent to the last one applied. Those that apply before they answer have it in their rate. */
function appliedPerS({ sent, drained, deliveries }: Reading): number {
  if (drained === null) return sent.perS;
  if (!drained.complete) return NaN;
  return deliveries / (sent.wallS + Math.max(0, drained.at - sent.endedAt) / 1_000);
}

export function printReport(readings: readonly Reading[], levels: readonly number[]): void {
  const names = [...new Set(readings.map(({ contestant }) => contestant))];
  for (const level of levels) {
    const of = (name: string): Reading[] =>
      readings.filter(({ contestant, concurrency }) => contestant === name && concurrency === level);
    const floor = of(names.find((name) => name.includes('one durable INSERT')) ?? '');
    console.log(`\n${String(level)} connections, median of rounds (lowest to highest)\n`);
    console.log(
      table(
        ['', 'accepted/s', 'of INSERT floor', 'p50 ms', 'p99 ms', 'refused', 'applied/s', 'wrong objects'],
        names.map((name) => row(name, of(name), floor)),
      ),
    );
    const peers = names.filter((name) => name.startsWith('@'));
    for (const ours of names.filter((name) => name.includes('worker')))
      for (const peer of peers)
        console.log(`${ours}: applied ${ratio(of(ours), of(peer), appliedPerS)} of ${peer}, round by round`);
  }
  for (const name of names) details(name, readings);
}

/** Each round's reading by the other's of the same round: what the machine gives changes from one minute to the next. */
function ratio(readings: readonly Reading[], others: readonly Reading[], rate: (reading: Reading) => number): string {
  const ratios = readings.flatMap((reading) => {
    const other = others.find(({ round }) => round === reading.round);
    return other === undefined ? [] : [rate(reading) / rate(other)];
  });
  return ratios.length === 0 ? '-' : `${spread(ratios)}x`;
}

function row(name: string, readings: readonly Reading[], floor: readonly Reading[]): string[] {
  const rates = readings.map(({ sent }) => sent.perS);
  const verdicts = readings.flatMap(({ verdict }) => (verdict === null ? [] : [verdict]));
  const wrong = verdicts.map(wrongIn);
  return [
    name,
    spread(rates),
    ratio(readings, floor, ({ sent }) => sent.perS),
    figure(median(readings.map(({ sent }) => sent.p50Ms))),
    figure(median(readings.map(({ sent }) => sent.p99Ms))),
    String(Math.max(...readings.map(({ sent }) => sent.refused))),
    name.startsWith('floor') ? '-' : spread(readings.map(appliedPerS)),
    verdicts.length === 0
      ? '-'
      : `${String(Math.min(...wrong))} to ${String(Math.max(...wrong))} of ${String(verdicts[0]?.expected)}`,
  ];
}

/** Median of rounds. */
function cpuByPart(readings: readonly Reading[]): string {
  const cpus = readings.flatMap(({ cpu }) => (cpu === null ? [] : [cpu]));
  const names = [...new Set(cpus.flatMap((cpu) => Object.keys(cpu)))];
  const taken = names
    .map((part) => [part, median(cpus.map((cpu) => cpu[part] ?? 0))] as const)
    .sort(([, a], [, b]) => b - a);
  return taken.flatMap(([part, ms]) => (ms < 0.005 ? [] : [`${part} ${figure(ms)}`])).join(', ');
}

/** What was wrong in the last round, and what became of deliveries that were not applied. */
function details(name: string, readings: readonly Reading[]): void {
  const last = readings.findLast(({ contestant }) => contestant === name);
  const { verdict, drained, sent } = last ?? {};
  if (drained) console.log(`\n${name}: deliveries by state ${JSON.stringify(drained.states)}`);
  const cpu = cpuByPart(readings.filter(({ contestant }) => contestant === name));
  if (cpu !== '') console.log(`${name}: CPU ms for a delivery, ${cpu}`);
  for (const [reason, count] of Object.entries(drained?.reasons ?? {}))
    console.log(`  ${String(count).padStart(6)}  ${reason}`);
  if (sent !== undefined && sent.refused > 0) console.log(`\n${name}: answers ${JSON.stringify(sent.statuses)}`);
  if (!verdict || wrongIn(verdict) === 0) return;
  console.log(
    `\n${name}: wrong in the last round ${JSON.stringify(verdict.wrong)}, by kind ${JSON.stringify(verdict.wrongByKind)}`,
  );
  for (const example of verdict.examples) console.log(`  ${example}`);
}
