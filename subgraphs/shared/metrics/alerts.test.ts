import { beforeAll, describe, expect, it } from '@jest/globals';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { silentLogger } from '../logging/logger.ts';
import { CATALOGUE, type MetricSpec } from './catalogue.ts';
import { createMetrics } from './metrics.ts';
import { METRICS_PAGE, printCatalogue } from './print-catalogue.ts';

const root = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook: string };
}

const FUNCTIONS = ['sum', 'max', 'min', 'rate', 'increase', 'changes', 'absent', 'histogram_quantile'];
const WORDS = ['by', 'without', 'and', 'or', 'unless', 'on', 'ignoring'];

interface Selector {
  readonly metric: string;
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[];
}

/** The series that an expression reads: its names, with what stands in braces behind each. */
function selectorsOf(expr: string): Selector[] {
  const grouped = expr.replace(/\b(?:by|without|on|ignoring)\s*\([^)]*\)/g, ' ').replace(/\[[^\]]*\]/g, ' ');
  const selectors = [...grouped.matchAll(/([a-zA-Z_:][\w:]*)\s*(\{[^}]*\}|\()?/g)];
  return selectors
    .filter(([, name = '', behind]) => behind !== '(' || !FUNCTIONS.includes(name))
    .filter(([, name = '']) => !WORDS.includes(name) && !FUNCTIONS.includes(name))
    .filter(([whole], index) => whole !== '' && !insideBraces(grouped, selectors[index]?.index ?? 0))
    .map(([, metric = '', braces = '']) => ({
      metric,
      matchers: [...braces.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
        ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
      ),
    }));
}

const insideBraces = (text: string, at: number): boolean =>
  text.slice(0, at).lastIndexOf('{') > text.slice(0, at).lastIndexOf('}');

const groupedBy = (expr: string): string[] =>
  [...expr.matchAll(/\bby\s*\(([^)]*)\)/g)].flatMap(([, labels = '']) => labels.split(',').map((each) => each.trim()));

let rules: Rule[];
let others: Set<string>;
beforeAll(async () => {
  const files = readdirSync(root('deploy/alerts')).filter((file) => file.endsWith('.yml'));
  rules = files.flatMap((file) => {
    const { groups } = parse(readFileSync(root(`deploy/alerts/${file}`), 'utf8')) as { groups: { rules: Rule[] }[] };
    return groups.flatMap((group) => group.rules);
  });
  // Node's own, as they are served.
  const { text } = await createMetrics(silentLogger).scrape();
  others = new Set([...text.matchAll(/^# TYPE (\w+)/gm)].map(([, name = '']) => name));
});

function specOf(metric: string): MetricSpec | undefined {
  const catalogue: Readonly<Record<string, MetricSpec>> = CATALOGUE;
  const base = metric.replace(/_(?:bucket|sum|count)$/, '');
  return catalogue[metric] ?? (catalogue[base]?.type === 'histogram' ? catalogue[base] : undefined);
}

const canSay = (spec: MetricSpec, { label, operator, value }: Selector['matchers'][number]): boolean => {
  const allowed = spec.labels[label];
  if (allowed === undefined) return false;
  if ('shape' in allowed) return operator.includes('~') || allowed.shape.test(value);
  return value.split('|').every((one) => allowed.includes(one));
};

describe('every alert', () => {
  it('reads series that exist, by labels and values that they can have', () => {
    const wrong = rules.flatMap(({ alert, expr }) => {
      const selectors = selectorsOf(expr);
      expect([alert, selectors.length > 0]).toEqual([alert, true]);
      return selectors.flatMap(({ metric, matchers }) => {
        const spec = specOf(metric);
        if (spec === undefined) return others.has(metric) ? [] : [`${alert}: no metric ${metric}`];
        return matchers
          .filter((matcher) => !canSay(spec, matcher))
          .map(({ label, value }) => `${alert}: ${metric} never has ${label}="${value}"`);
      });
    });
    expect(wrong).toEqual([]);
  });

  it('groups by labels that its series have', () => {
    const wrong = rules.flatMap(({ alert, expr }) => {
      const known = new Set(selectorsOf(expr).flatMap(({ metric }) => Object.keys(specOf(metric)?.labels ?? {})));
      return groupedBy(expr)
        .filter((label) => !known.has(label) && !['le', 'instance'].includes(label))
        .map((label) => `${alert}: by (${label})`);
    });
    expect(wrong).toEqual([]);
  });

  it('has a name of its own, says whom it wakes and what is wrong, and has a page that says what to do', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
    for (const { alert, labels, annotations } of rules) {
      expect(['page', 'ticket']).toContain(labels.severity);
      expect(annotations.summary.length).toBeGreaterThan(10);
      const page = alert
        .replace(/([a-z])([A-Z])/g, '$1-$2')
        .toLowerCase()
        .replace('click-house', 'clickhouse');
      expect(annotations.runbook).toBe(`docs/runbooks/${page}.md`);
      expect([alert, existsSync(root(annotations.runbook))]).toEqual([alert, true]);
    }
  });

  it.each([
    { expr: 'max(queue_dept) > 1', metric: 'queue_dept' },
    { expr: 'sum by (lane) (rate(pg_stat_activity_count{lane="inbox"}[5m]))', metric: 'pg_stat_activity_count' },
  ])('would be refused for $expr', ({ expr, metric }) => {
    expect(selectorsOf(expr).map((selector) => selector.metric)).toEqual([metric]);
    expect(specOf(metric)).toBeUndefined();
  });

  it('would be refused for a lane that there is not', () => {
    const [selector] = selectorsOf('max(queue_depth{lane="inboxes"}) > 1');
    expect(selector?.matchers.map((matcher) => canSay(CATALOGUE.queue_depth, matcher))).toEqual([false]);
  });
});

describe('every runbook page', () => {
  it('says what it means, how to see it, what to do and what not to do', () => {
    const pages = readdirSync(root('docs/runbooks')).filter((file) => file !== 'README.md');
    expect(pages.length).toBeGreaterThanOrEqual(rules.length);
    for (const page of pages) {
      const text = readFileSync(root(`docs/runbooks/${page}`), 'utf8');
      const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading);
      expect([page, headings]).toEqual([page, ['What it means', 'How to see it', 'What to do', 'What not to do']]);
      expect(readFileSync(root('docs/runbooks/README.md'), 'utf8')).toContain(`(${page})`);
    }
  });

  it('names metrics that exist', () => {
    const names = Object.keys(CATALOGUE);
    for (const page of readdirSync(root('docs/runbooks'))) {
      const text = readFileSync(root(`docs/runbooks/${page}`), 'utf8');
      const named = [
        ...text.matchAll(/`([a-z_]+(?:_total|_age|_depth|_open|_letters|_rate|_leading|_waiting|_up|_state))`/g),
      ];
      expect([page, named.map(([, name = '']) => name).filter((name) => !names.includes(name))]).toEqual([page, []]);
    }
  });
});

it('docs/metrics.md is printed as the catalogue is now', () => {
  expect(readFileSync(METRICS_PAGE, 'utf8')).toBe(printCatalogue());
});
