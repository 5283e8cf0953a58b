import { SpanKind, trace } from '@opentelemetry/api';
import { failed } from './span.ts';
import { contextOf, traceParentOf } from './trace-parent.ts';

interface Carrying {
  readonly traceParent: string | null;
}

const tracer = trace.getTracer('oppulence');

/**
 * One span for each row of a batch that is worked on at once, each in the trace of its own row. `fn` gets the rows with their span in
 * place of what brought them, to hand on.
 */
export async function inSpanOfEach<R extends Carrying, T>(
  name: string,
  rows: readonly R[],
  fn: (rows: readonly R[]) => Promise<T>,
): Promise<T> {
  const spans = rows.map(({ traceParent }) =>
    tracer.startSpan(name, { kind: SpanKind.CONSUMER }, contextOf(traceParent)),
  );
  try {
    return await fn(
      rows.map((row, index) => ({
        ...row,
        traceParent: traceParentOf(spans[index]?.spanContext()) ?? row.traceParent,
      })),
    );
  } catch (error) {
    for (const span of spans) failed(span, error);
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}
