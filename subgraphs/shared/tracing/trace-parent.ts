import {
  type Context,
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  type SpanContext,
  trace,
  TraceFlags,
} from '@opentelemetry/api';

/** W3C Trace Context, version 00: trace, span, flags. */
const TRACE_PARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** Where the running work stands in its trace, as rows and headers carry it; null while nobody traces. */
export function activeTraceParent(): string | null {
  return traceParentOf(trace.getSpanContext(context.active()));
}

export function traceParentOf(span: SpanContext | undefined): string | null {
  if (span === undefined || !isSpanContextValid(span)) return null;
  return `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
}

/** The context that a row or a header carried. What is not one begins a trace of its own. */
export function contextOf(traceParent: string | null | undefined): Context {
  const [, traceId, spanId, flags] = TRACE_PARENT.exec(traceParent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return ROOT_CONTEXT;
  const span = { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(span) ? trace.setSpanContext(ROOT_CONTEXT, span) : ROOT_CONTEXT;
}

/** For a request to another process of ours: it goes on in the same trace. Empty while nobody traces. */
export function traceHeaders(): Record<string, string> {
  const traceparent = activeTraceParent();
  return traceparent === null ? {} : { traceparent };
}
