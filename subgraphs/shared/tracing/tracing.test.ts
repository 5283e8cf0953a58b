import { afterEach, describe, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { inSpan } from './span.ts';
import { startTracing, type Tracing } from './start.ts';
import { activeTraceParent, contextOf, traceHeaders } from './trace-parent.ts';

const PARENT = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;

let tracing: Tracing | undefined;
afterEach(async () => {
  await tracing?.close();
  tracing = undefined;
});

describe('without a collector', () => {
  it('nothing is traced, carried or sent, and work is done as ever', async () => {
    tracing = await startTracing({ endpoint: null, service: 'test' });
    const done = await inSpan({ name: 'work', parent: PARENT }, () => Promise.resolve(activeTraceParent()));
    expect(done).toBeNull();
    expect(traceHeaders()).toEqual({});
  });
});

describe('with a collector, even one that is away', () => {
  it('work goes on in the trace that its row carried, and so does what it calls', async () => {
    tracing = await startTracing({ endpoint: 'http://127.0.0.1:9', service: 'test' });
    const headers = await inSpan({ name: 'work', parent: PARENT }, async () => {
      await new Promise((later) => setTimeout(later, 1));
      return inSpan({ name: 'call' }, () => Promise.resolve(traceHeaders()));
    });
    expect(headers['traceparent']).toMatch(new RegExp(`^00-${'a'.repeat(32)}-(?!b{16})[0-9a-f]{16}-01$`));
    expect(activeTraceParent()).toBeNull();
  });

  it.each(['', 'nonsense', `00-${'0'.repeat(32)}-${'b'.repeat(16)}-01`, `ff-${'a'.repeat(32)}-${'b'.repeat(16)}-01`])(
    'what is no traceparent (%s) begins a trace of its own',
    async (parent) => {
      expect(trace.getSpanContext(contextOf(parent))).toBeUndefined();
      tracing = await startTracing({ endpoint: 'http://127.0.0.1:9', service: 'test' });
      const own = await inSpan({ name: 'work', parent }, () => Promise.resolve(activeTraceParent()));
      expect(own).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/);
    },
  );

  it('an error passes through as it is', async () => {
    tracing = await startTracing({ endpoint: 'http://127.0.0.1:9', service: 'test' });
    await expect(inSpan({ name: 'work' }, () => Promise.reject(new Error('as it is')))).rejects.toThrow('as it is');
  });
});
