import { spawnSync } from 'node:child_process';
import path from 'node:path';
import type { Verdict } from './contestant.ts';

type Counts = Record<string, number>;
interface Verified {
  total: Counts;
  by_object: Record<string, Counts>;
}

/** Holds a dump, one JSON a line, against what the generator expects. */
export function verdictOf(tools: string, traffic: string, dump: string): Verdict {
  const run = (...more: string[]): string => {
    const args = [path.join(tools, 'verify.mjs'), '--expected', path.join(traffic, 'expected.jsonl'), ...more];
    const { stdout, stderr, status } = spawnSync(process.execPath, args, {
      input: dump,
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
    if (status !== 0 && status !== 1) throw new Error(`verify.mjs failed: ${stderr}`);
    return stdout;
  };
  const { total, by_object: byObject } = JSON.parse(run('--json')) as Verified;
  const { expected = 0, ok: _ok, ...wrong } = total;
  const wrongByKind = Object.entries(byObject)
    .map(([kind, counts]) => [kind, (counts['expected'] ?? 0) - (counts['ok'] ?? 0)] as const)
    .filter(([, count]) => count > 0);
  const examples =
    wrongByKind.length === 0
      ? []
      : run('--show', '5')
          .split('\n')
          .filter((line) => line.startsWith('{'));
  return {
    expected,
    wrong: Object.fromEntries(Object.entries(wrong).filter(([, count]) => count > 0)),
    wrongByKind: Object.fromEntries(wrongByKind),
    examples,
  };
}

export function wrongIn({ wrong }: Verdict): number {
  return Object.values(wrong).reduce((sum, count) => sum + count, 0);
}
