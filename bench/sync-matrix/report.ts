import { groupBy } from '#subgraphs/shared/batching/group-by.ts';
import type { Outcome, Run } from './run.ts';

export type Played = Omit<Outcome, 'state'> & { readonly run: Run };

/** As a table of Markdown, to be kept with the measurements. */
export function printMatrix(played: readonly Played[]): void {
  const cells = groupBy(played, ({ run }) => `${run.profile} | ${run.shape}`);
  console.log(
    '\n| profile | versions | seeds | runs | deliveries | kills | sent again | objects | reread | findings | histories with more than one end |',
  );
  console.log('| --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const [cell, of] of [...cells, ['all | ', played] as const]) console.log(`| ${cell} | ${row(of)} |`);
}

function row(of: readonly Played[]): string {
  const sum = (what: (played: Played) => number): string =>
    of.reduce((n, each) => n + what(each), 0).toLocaleString('en');
  const seeds = of.map(({ run }) => run.seed);
  const histories = groupBy(of, ({ run }) => JSON.stringify([run.profile, run.shape, run.seed, run.events]));
  const divided = [...histories.values()].filter((runs) => new Set(runs.map(({ hash }) => hash)).size > 1).length;
  return [
    `${String(Math.min(...seeds))} to ${String(Math.max(...seeds))}`,
    String(of.length),
    sum(({ deliveries }) => deliveries),
    sum(({ run }) => run.kills.length),
    sum(({ repeated }) => repeated),
    sum(({ objects }) => objects),
    sum(({ rereads }) => rereads),
    sum(({ wrong }) => wrong.length),
    String(divided),
  ].join(' | ');
}
