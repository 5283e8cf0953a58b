import { createHmac, timingSafeEqual } from 'node:crypto';

export type StripeSignatureRefusal =
  | 'HEADER_MISSING'
  | 'HEADER_MALFORMED' // no timestamp, two timestamps, or one that is no number
  | 'NO_SIGNATURE' // no v1 in the header; other schemes are not accepted
  | 'NO_MATCH' // another secret, or another body
  | 'TOO_OLD' // rightly signed, but longer ago than the tolerance: perhaps a replay
  | 'IN_THE_FUTURE'; // rightly signed, but further ahead than the tolerance: a wrong clock, here or there

export type StripeSignatureCheck =
  | { readonly ok: true; readonly secretIndex: number; readonly timestamp: Date }
  | { readonly ok: false; readonly reason: StripeSignatureRefusal };

/** How far a signature's timestamp may be from our clock, both ways, in seconds. Stripe's libraries use the same 300 for the past. */
export const STRIPE_TOLERANCE_S = 300;

/**
 * Checks a `Stripe-Signature` header (`t=<unix seconds>,v1=<hex>,…`): HMAC-SHA256 over `<t>.<raw body>` with the endpoint's secret.
 * While a secret is rolled the header has several v1 and the endpoint several secrets; any pair that fits will do, and
 * `secretIndex` tells which secret it was. The body is the bytes as they came: parsed and printed again it would not fit.
 * Comparisons take equally long wherever they differ. `now` is wall time.
 */
export function verifyStripeSignature(
  rawBody: Buffer,
  header: string | undefined,
  secrets: readonly string[],
  now: Date,
  toleranceS: number = STRIPE_TOLERANCE_S,
): StripeSignatureCheck {
  if (header === undefined || header === '') return refuse('HEADER_MISSING');
  const parsed = parseHeader(header);
  if (!parsed) return refuse('HEADER_MALFORMED');
  if (parsed.signatures.length === 0) return refuse('NO_SIGNATURE');

  const secretIndex = secrets.findIndex((secret) => {
    if (secret === '') return false; // an unset secret would let anybody sign
    const expected = hmac(rawBody, secret, parsed.t);
    return parsed.signatures.some((given) => timingSafeEqual(given, expected));
  });
  if (secretIndex < 0) return refuse('NO_MATCH');

  const seconds = Number(parsed.t);
  const ageS = Math.floor(now.getTime() / 1000) - seconds;
  if (ageS > toleranceS) return refuse('TOO_OLD');
  if (ageS < -toleranceS) return refuse('IN_THE_FUTURE');
  return { ok: true, secretIndex, timestamp: new Date(seconds * 1000) };
}

/** The header that Stripe would send for this body at this moment: for sandboxes and tests. */
export function signStripePayload(rawBody: Buffer | string, secret: string, now: Date): string {
  const t = String(Math.floor(now.getTime() / 1000));
  return `t=${t},v1=${hmac(Buffer.from(rawBody), secret, t).toString('hex')}`;
}

interface ParsedHeader {
  /** As written: it is part of what was signed. */
  readonly t: string;
  readonly signatures: readonly Buffer[];
}

function parseHeader(header: string): ParsedHeader | null {
  const items = header.split(',').map((item) => item.trim());
  const timestamps = items.filter((item) => item.startsWith('t=')).map((item) => item.slice(2));
  const [t] = timestamps;
  if (t === undefined || timestamps.length > 1 || !/^\d{1,12}$/.test(t)) return null;
  const signatures = items
    .filter((item) => /^v1=[0-9a-f]{64}$/.test(item))
    .map((item) => Buffer.from(item.slice(3), 'hex'));
  return { t, signatures };
}

function hmac(rawBody: Buffer, secret: string, t: string): Buffer {
  return createHmac('sha256', secret).update(`${t}.`).update(rawBody).digest();
}

function refuse(reason: StripeSignatureRefusal): StripeSignatureCheck {
  return { ok: false, reason };
}
