import { CONTEXT_HEADER, signContext } from '#subgraphs/shared/signed-context/signed-context.ts';
import { traceHeaders } from '#subgraphs/shared/tracing/trace-parent.ts';
import type { CallContext } from '#subgraphs/shared/signed-context/signed-context.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';

/** With whose key, and for whom, calls are signed. */
export interface Signature {
  readonly key: Uint8Array;
  readonly audience: string;
  readonly wall: Clock;
}

/**
 * Everything that a call to a subgraph carries beside its body, over HTTP and when a socket is opened. Nothing of the client's own
 * headers is among it.
 */
export function upstreamHeaders(signature: Signature, context: CallContext, body: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    accept: 'application/json',
    'x-request-id': context.requestId,
    ...traceHeaders(),
    [CONTEXT_HEADER]: signedFor(signature, context, body),
  };
}

export function signedFor({ key, audience, wall }: Signature, context: CallContext, body: string): string {
  return signContext(context, { key, audience, body, now: wall.now() });
}
