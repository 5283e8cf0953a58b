import { type Attributes, context, type Span, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api';
import { DomainError } from '../errors/errors.ts';
import { contextOf } from './trace-parent.ts';

export { SpanKind };

export interface SpanOptions {
  /** Of few different values: `effect recovery.retry-payment`, a route's pattern. */
  readonly name: string;
  readonly kind?: SpanKind;
  /** Kinds, states and ids. No amount, no name or address of anybody, no secret: traces are kept elsewhere, by others. */
  readonly attributes?: Attributes;
  /** What caused the work, as its row carried it. Left out: what is running now. */
  readonly parent?: string | null;
}

const tracer = trace.getTracer('oppulence');

/** Runs `fn` inside a span that ends with it. Costs next to nothing while nobody traces. */
export async function inSpan<T>(options: SpanOptions, fn: (span: Span) => Promise<T>): Promise<T> {
  const { name, kind = SpanKind.INTERNAL, attributes = {}, parent } = options;
  const outer = parent === undefined ? context.active() : contextOf(parent);
  const span = tracer.startSpan(name, { kind, attributes }, outer);
  try {
    return await context.with(trace.setSpan(outer, span), () => fn(span));
  } catch (error) {
    failed(span, error);
    throw error;
  } finally {
    span.end();
  }
}

/** By its code or class: messages may quote what a customer wrote. */
export function failed(span: Span, error: unknown): void {
  const type = error instanceof DomainError ? error.code : error instanceof Error ? error.name : typeof error;
  span.setAttribute('error.type', type);
  span.setStatus({ code: SpanStatusCode.ERROR });
}
