import { createServer } from 'node:http';

export interface ReceivedSpan {
  /** What the process that sent it calls itself. */
  readonly service: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly attributes: Readonly<Record<string, string | number | undefined>>;
  /** All that it says: its name, attributes, events and status, as they came. */
  readonly text: string;
}

export interface OtlpReceiver {
  readonly url: string;
  readonly spans: ReceivedSpan[];
  /** The span, then what caused it, up to where its trace began. */
  upwards(from: ReceivedSpan): ReceivedSpan[];
  close(): Promise<void>;
}

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}
interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly events: unknown;
  readonly status: unknown;
}
interface Export {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

/** A collector that speaks OTLP/HTTP, with JSON as our exporter sends it, and keeps what it gets. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      if (request.url === '/v1/traces') spans.push(...read(JSON.parse(Buffer.concat(chunks).toString()) as Export));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    url: `http://127.0.0.1:${String(typeof address === 'object' ? address?.port : 0)}`,
    spans,
    upwards: (from) => {
      const path = [from];
      for (let span = causeOf(spans, from); span !== undefined; span = causeOf(spans, span)) path.push(span);
      return path;
    },
    close: () =>
      new Promise((closed) => {
        server.close(() => {
          closed();
        });
        server.closeAllConnections();
      }),
  };
}

const causeOf = (spans: readonly ReceivedSpan[], { traceId, parentSpanId }: ReceivedSpan): ReceivedSpan | undefined =>
  spans.find((span) => span.traceId === traceId && span.spanId === parentSpanId);

const serviceOf = (attributes: readonly Attribute[]): string =>
  attributes.find(({ key }) => key === 'service.name')?.value.stringValue ?? '';

function read({ resourceSpans }: Export): ReceivedSpan[] {
  return resourceSpans
    .flatMap(({ resource, scopeSpans }) =>
      scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ span, service: serviceOf(resource.attributes) }))),
    )
    .map(({ span, service }) => ({
      service,
      traceId: span.traceId,
      spanId: span.spanId,
      parentSpanId: span.parentSpanId,
      name: span.name,
      attributes: Object.fromEntries(
        span.attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]),
      ),
      text: JSON.stringify([span.name, span.attributes, span.events, span.status]),
    }));
}
