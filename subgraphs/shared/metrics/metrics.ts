import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { Logger } from '../logging/logger.ts';
import { bounded } from './bounded.ts';
import {
  CATALOGUE,
  type COLLECTORS,
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricSpec,
} from './catalogue.ts';

/** What is counted. Nothing here throws or waits: a figure is never worth a request. */
export interface Counting {
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
}

export type SetGauge = <N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number) => void;

/** Reads figures when they are asked for, and only then. */
export interface Collector {
  readonly name: (typeof COLLECTORS)[number];
  /** Its own: emptied before it reads, so that what is gone, or can't be read, is not told any more. */
  readonly gauges: readonly GaugeName[];
  read(set: SetGauge): Promise<void> | void;
}

export interface Scrape {
  readonly contentType: string;
  readonly text: string;
}

/** The figures of one process. */
export interface Metrics extends Counting {
  readonly set: SetGauge;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Has `collector` read at each scrape from now on. A later one of the same name takes its place. */
  collect(collector: Collector): void;
  /** In Prometheus' text format. Never rejects: what could not be read is absent, and metrics_collector_up says so. */
  scrape(): Promise<Scrape>;
}

/** A database that hangs must not hang the scrape: the counters are what tells why. */
const COLLECT_WITHIN_MS = 2_000;

interface Instruments {
  readonly counters: Map<string, Counter>;
  readonly gauges: Map<string, Gauge>;
  readonly histograms: Map<string, Histogram>;
}

/** Figures on a registry of their own, with those of the process (memory, event loop, garbage collection) besides. */
export function createMetrics(log: Logger, registry: Registry = new Registry()): Metrics {
  collectDefaultMetrics({ register: registry });
  const { counters, gauges, histograms } = createInstruments(registry);
  const label = bounded();
  const collectors = new Map<string, Collector>();
  let reading: Promise<void> | undefined;

  const set: SetGauge = (name, labels, value) => gauges.get(name)?.set(label(name, labels), value);

  async function read(collector: Collector): Promise<void> {
    const empty = (): void => {
      for (const gauge of collector.gauges) clear(gauges.get(gauge), CATALOGUE[gauge]);
    };
    empty();
    let open = true;
    try {
      // What comes after its time is not told: it may be about a moment long gone.
      await within(COLLECT_WITHIN_MS, async () =>
        collector.read((name, labels, value) => {
          if (open) set(name, labels, value);
        }),
      );
      set('metrics_collector_up', { collector: collector.name }, 1);
    } catch (error) {
      log.warn({ err: error, collector: collector.name }, 'figures could not be read');
      empty();
      set('metrics_collector_up', { collector: collector.name }, 0);
    } finally {
      open = false;
    }
  }

  async function readAll(): Promise<void> {
    await Promise.all([...collectors.values()].map((collector) => read(collector)));
  }

  return {
    set,
    count: (name, labels, by = 1) => counters.get(name)?.inc(label(name, labels), by),
    observe: (name, labels, value) => histograms.get(name)?.observe(label(name, labels), value),
    collect: (collector) => {
      collectors.set(collector.name, collector);
    },
    scrape: async () => {
      // Two scrapers at once share one reading.
      reading ??= readAll().finally(() => (reading = undefined));
      await reading;
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

/** One for each entry of the catalogue. */
function createInstruments(registry: Registry): Instruments {
  const made: Instruments = { counters: new Map(), gauges: new Map(), histograms: new Map() };
  for (const [name, spec] of Object.entries<MetricSpec>(CATALOGUE)) {
    const common = { name, help: `${spec.help}.`, labelNames: Object.keys(spec.labels), registers: [registry] };
    if (spec.type === 'gauge') {
      const gauge = new Gauge(common);
      clear(gauge, spec);
      made.gauges.set(name, gauge);
    } else if (spec.type === 'counter') {
      const counter = new Counter(common);
      for (const labels of combinations(spec)) counter.inc(labels, 0);
      made.counters.set(name, counter);
    } else {
      const histogram = new Histogram({ ...common, buckets: [...(spec.buckets ?? [])] });
      for (const labels of combinations(spec)) histogram.zero(labels);
      made.histograms.set(name, histogram);
    }
  }
  return made;
}

/** No value at all, until one is set: a 0 that nobody measured would be a statement. */
function clear(gauge: Gauge | undefined, { labels }: MetricSpec): void {
  gauge?.reset();
  if (Object.keys(labels).length === 0) gauge?.remove();
}

/** Of closed labels: a series that begins at 0 shows its first increase, one that begins at 1 hides it. */
function combinations({ labels }: MetricSpec): Record<string, string>[] {
  let all: Record<string, string>[] = [{}];
  for (const [name, allowed] of Object.entries(labels)) {
    if ('shape' in allowed) return [];
    all = all.flatMap((rest) => allowed.map((value) => ({ ...rest, [name]: value })));
  }
  return all;
}

async function within(ms: number, work: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new Error(`not read within ${String(ms)} ms`));
    }, ms);
  });
  try {
    await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
