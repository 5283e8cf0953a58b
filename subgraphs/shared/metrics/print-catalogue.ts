import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { CATALOGUE, type Allowed, type MetricSpec } from './catalogue.ts';

export const METRICS_PAGE = new URL('../../../docs/metrics.md', import.meta.url);

const INTRO = `# Metrics

<!-- Printed from subgraphs/shared/metrics/catalogue.ts by \`node --import tsx subgraphs/shared/metrics/print-catalogue.ts\`. -->

\`GET /metrics\` of every process, in Prometheus' text format. A process that listens on a loopback address alone answers whoever asks; as
soon as \`METRICS_TOKEN\` is set it is needed, as \`Authorization: Bearer …\`, and without one nothing is told to another machine. Behind a
proxy on the same machine everybody comes from loopback: set the token there. \`oppulence info\` shows the addresses, the worker's too.

Labels say what stands here and no more: no workspace, customer, object or request is ever named, a route is told by its pattern, and
what is not known is \`other\`. Node's own figures (\`process_…\`, \`nodejs_…\`) come besides. Alerts are in
[deploy/alerts](../deploy/alerts), what to do about each in [runbooks](runbooks).

| Metric | Kind | Labels | What it says |
| --- | --- | --- | --- |
`;

const valuesOf = (allowed: Allowed): string => ('shape' in allowed ? 'names in code' : allowed.join(', '));

/** The whole of docs/metrics.md. */
export function printCatalogue(): string {
  const lines = Object.entries<MetricSpec>(CATALOGUE).map(([name, { type, help, labels }]) => {
    const said = Object.entries(labels).map(([label, allowed]) => `\`${label}\`: ${valuesOf(allowed)}`);
    return `| \`${name}\` | ${type} | ${said.join('; ')} | ${help} |`;
  });
  return `${INTRO}${lines.join('\n')}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) writeFileSync(METRICS_PAGE, printCatalogue());
