export interface CoalesceOptions<K> {
  /** Batches under way at once; what comes meanwhile waits for the next. */
  readonly concurrency?: number;
  /** At most this many in a batch. */
  readonly most?: number;
  /** Whether a batch that failed this way is worth running item by item; yes, unless told. A server that is away fails each as it failed all. */
  readonly oneBad?: (error: unknown) => boolean;
  /** What an item weighs, and how much a batch may weigh; one item always fits. */
  readonly weight?: { of(item: K): number; readonly most: number };
}

interface Waiting<K, V> {
  readonly item: K;
  readonly resolve: (value: V) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Group commit: an item that finds nobody busy goes at once and alone; those that come while batches are under way share the next one. So a
 * quiet system waits for nothing, and a busy one pays for a round trip once for many. `run` answers one value for each item, in their order.
 * A batch that fails is run again item by item, so that a bad one fails alone.
 */
export function coalesce<K, V>(
  run: (items: readonly K[]) => Promise<readonly V[]>,
  options: CoalesceOptions<K> = {},
): (item: K) => Promise<V> {
  const { concurrency = 2, most = 200, weight, oneBad = () => true } = options;
  const queue: Waiting<K, V>[] = [];
  let running = 0;

  function takeBatch(): Waiting<K, V>[] {
    let weighs = 0;
    const full = (each: Waiting<K, V>, index: number): boolean =>
      index >= most || (weight !== undefined && (weighs += weight.of(each.item)) > weight.most && index > 0);
    const end = queue.findIndex(full);
    return queue.splice(0, end < 0 ? queue.length : end);
  }

  async function carryOut(batch: readonly Waiting<K, V>[]): Promise<void> {
    try {
      const values = await run(batch.map(({ item }) => item));
      batch.forEach(({ resolve }, index) => {
        resolve(values[index] as V);
      });
    } catch (error) {
      if (batch.length === 1 || !oneBad(error)) for (const { reject } of batch) reject(error);
      else await Promise.all(batch.map((each) => carryOut([each])));
    }
  }

  function pull(): void {
    while (running < concurrency && queue.length > 0) {
      running += 1;
      void carryOut(takeBatch()).finally(() => {
        running -= 1;
        pull();
      });
    }
  }

  return (item) =>
    new Promise((resolve, reject) => {
      queue.push({ item, resolve, reject });
      pull();
    });
}
