export interface Tracing {
  /** Sends what is finished. */
  flush(): Promise<void>;
  /** Sends what is finished and traces no more. A collector that is away loses spans and nothing else. */
  close(): Promise<void>;
}

export interface TracingOptions {
  /** Base address of an OTLP/HTTP collector; null: nothing is loaded and nothing is traced. */
  readonly endpoint: string | null;
  /** `oppulence-web`, `oppulence-worker`. */
  readonly service: string;
}

/**
 * Begins to trace this process, once: OpenTelemetry's API knows one tracer per process, which is how the spans of @apollo/gateway (plan,
 * fetch) come into our traces. All that our own code does goes through span.ts.
 */
export async function startTracing({ endpoint, service }: TracingOptions): Promise<Tracing> {
  if (endpoint === null) return { flush: () => Promise.resolve(), close: () => Promise.resolve() };
  const { exportTraces } = await import('./export-traces.ts');
  return exportTraces({ endpoint, service });
}
