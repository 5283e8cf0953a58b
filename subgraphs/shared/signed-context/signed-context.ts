import { createHmac, hash } from 'node:crypto';
import { z } from 'zod';
import { constantTimeEqual, deriveKey } from '../crypto/crypto.ts';
import type { Caller } from '../graphql/context.ts';
import type { GatewayRequest } from '../graphql/door.ts';

/** The header of a call from the gateway to a subgraph, and the name under which a subscribe message carries the same in its extensions. */
export const CONTEXT_HEADER = 'x-opp-ctx';

/** How long a signed context may be presented. Long enough for a queue on the way, short enough that a stolen one is of little use. */
export const CONTEXT_TTL_S = 30;

/** How far the two machines' clocks may lie apart, for a context that seems to come from the future. */
const SKEW_S = 30;

/** The name is the client's own text, and a header line has an end. */
const LONGEST_NAME = 128;

/** What a subgraph is told: who calls, and the request that the call belongs to. */
export interface CallContext extends Omit<GatewayRequest, 'signal'> {
  readonly caller: Caller;
}

export interface VerifiedContext extends CallContext {
  /** Of the body that this was signed for; `isBodyOf` compares. */
  readonly bodyDigest: string;
}

/** Why a context was refused: for the log. The other side is told only that it was. */
export type ContextRefusal = 'MISSING' | 'MALFORMED' | 'FORGED' | 'OTHER_AUDIENCE' | 'EXPIRED' | 'NOT_YET';

const callerSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ANONYMOUS') }),
  z.object({ kind: z.literal('OPERATOR'), id: z.string() }),
  z.object({
    kind: z.literal('API_KEY'),
    keyId: z.string(),
    workspaceId: z.string(),
    mode: z.enum(['LIVE', 'TEST']),
    scopes: z.array(z.string()),
  }),
]) satisfies z.ZodType<Caller>;

/** The names are short because every call carries them. */
const envelopeSchema = z.object({
  aud: z.string(),
  iat: z.number(),
  exp: z.number(),
  claims: callerSchema,
  rid: z.string(),
  idk: z.string().optional(),
  ip: z.string(),
  via: z.enum(['HTTP', 'WEBSOCKET']),
  op: z.object({ kind: z.enum(['query', 'mutation', 'subscription']), name: z.string().nullable() }),
  bd: z.string(),
});
type Envelope = z.infer<typeof envelopeSchema>;

/** The key between the gateway and one subgraph: one that leaks opens no other subgraph. */
export function subgraphKey(masterKey: Uint8Array, subgraph: string): Buffer {
  return deriveKey(masterKey, `signed context/${subgraph}`);
}

/** `v1.<base64url JSON>.<base64url HMAC-SHA-256>`, good for thirty seconds, for this subgraph and this body alone. */
export function signContext(
  context: CallContext,
  { key, audience, body, now }: { key: Uint8Array; audience: string; body: string | Uint8Array; now: Date },
): string {
  const iat = Math.floor(now.getTime() / 1000);
  const { kind, name } = context.operation;
  const envelope: Envelope = {
    aud: audience,
    iat,
    exp: iat + CONTEXT_TTL_S,
    claims: context.caller as Envelope['claims'], // its list of scopes is readonly, which zod has no word for
    rid: context.requestId,
    idk: context.idempotencyKey,
    ip: context.ip,
    via: context.transport,
    op: { kind, name: name?.slice(0, LONGEST_NAME) ?? null },
    bd: digestOf(body),
  };
  const signed = `v1.${Buffer.from(JSON.stringify(envelope)).toString('base64url')}`;
  return `${signed}.${macOf(signed, key)}`;
}

/**
 * Reads what `signContext` made. Any of `keys` may have signed it, so that a key can be replaced without an interruption.
 * The body is compared apart (`isBodyOf`): it arrives later than the header.
 */
export function verifyContext(
  token: unknown,
  { keys, audience, now }: { keys: readonly Uint8Array[]; audience: string; now: Date },
): VerifiedContext | { readonly refused: ContextRefusal } {
  if (typeof token !== 'string' || token === '') return { refused: 'MISSING' };
  const [, signed = '', payload = '', mac = ''] = /^(v1\.([\w-]+))\.([\w-]+)$/.exec(token) ?? [];
  if (signed === '') return { refused: 'MALFORMED' };
  // Every key is tried, whichever fits: the time it takes says nothing.
  const fits = keys.map((key) => constantTimeEqual(mac, macOf(signed, key)));
  if (!fits.includes(true)) return { refused: 'FORGED' };
  const envelope = envelopeOf(payload);
  if (envelope === null) return { refused: 'MALFORMED' };
  if (envelope.aud !== audience) return { refused: 'OTHER_AUDIENCE' };
  const nowS = now.getTime() / 1000;
  if (envelope.exp <= nowS) return { refused: 'EXPIRED' };
  if (envelope.iat > nowS + SKEW_S) return { refused: 'NOT_YET' };
  const { claims, rid, idk, ip, via, op, bd } = envelope;
  return { caller: claims, requestId: rid, idempotencyKey: idk, ip, transport: via, operation: op, bodyDigest: bd };
}

export function isBodyOf(context: VerifiedContext, body: string | Uint8Array): boolean {
  return constantTimeEqual(context.bodyDigest, digestOf(body));
}

/** What a subscribe message is signed over. Both sides write the same text for it, since JSON keeps the order of fields. */
export function subscribeBody(payload: {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}): string {
  return JSON.stringify([payload.query, payload.operationName ?? null, payload.variables ?? {}]);
}

/** What the renewal of a stream is signed over: it is good for that stream alone. */
export function renewalBody(streamId: string): string {
  return `renew ${streamId}`;
}

function envelopeOf(payload: string): Envelope | null {
  try {
    const parsed = envelopeSchema.safeParse(JSON.parse(Buffer.from(payload, 'base64url').toString()));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

/** 132 bits: more than anyone finds a second body for. */
function digestOf(body: string | Uint8Array): string {
  return hash('sha256', body, 'base64url').slice(0, 22);
}

function macOf(signed: string, key: Uint8Array): string {
  return createHmac('sha256', key).update(signed).digest('base64url');
}
