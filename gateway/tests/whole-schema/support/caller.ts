export interface GraphError {
  readonly message: string;
  readonly path?: readonly (string | number)[];
  readonly extensions: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly status: number;
  /** The whole body as it came, to be searched. */
  readonly text: string;
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly GraphError[];
}

/** A client of the running gateway with one key (or none), which sees whatever is answered. */
export interface Client {
  readonly key: string | null;
  send(
    operation: { query: string; variables?: Record<string, unknown> },
    headers?: Record<string, string>,
  ): Promise<Answer>;
}

export function clientOf(url: string, key: string | null): Client {
  return {
    key,
    send: async (operation, headers = {}) => {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          ...(key === null ? {} : { authorization: `Bearer ${key}` }),
          ...headers,
        },
        body: JSON.stringify(operation),
      });
      const text = await response.text();
      const { data = null, errors = [] } = JSON.parse(text) as Partial<Pick<Answer, 'data' | 'errors'>>;
      return { status: response.status, text, data, errors };
    },
  };
}

/** A few at a time: enough to keep the machine busy, few enough to stay under every limit. */
export async function each<T, R>(items: readonly T[], act: (item: T) => Promise<R>, atOnce = 6): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await act(items[at] as T);
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, items.length) }, worker));
  return results;
}
