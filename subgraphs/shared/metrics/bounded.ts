import { CATALOGUE, type Allowed, type MetricName, type MetricSpec } from './catalogue.ts';

export const OTHER = 'other';

/** Makes sure that a label says only what the catalogue lets it say. Remembers the names in code it has seen, per metric and label. */
export function bounded(): (metric: MetricName, labels: object) => Record<string, string> {
  const seen = new Map<string, Set<string>>();

  function valueOf(key: string, allowed: Allowed, value: string): string {
    if (!('shape' in allowed)) return allowed.includes(value) ? value : OTHER;
    const known = seen.get(key) ?? new Set<string>();
    seen.set(key, known);
    if (known.has(value)) return value;
    if (known.size >= allowed.atMost || !allowed.shape.test(value)) return OTHER;
    known.add(value);
    return value;
  }

  return (metric, labels) => {
    const spec: MetricSpec = CATALOGUE[metric];
    const said = labels as Readonly<Record<string, string>>;
    return Object.fromEntries(
      Object.entries(spec.labels).map(([name, allowed]) => [
        name,
        valueOf(`${metric} ${name}`, allowed, said[name] ?? OTHER),
      ]),
    );
  };
}
