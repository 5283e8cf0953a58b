import { createHmac } from 'node:crypto';

/** The value of `Stripe-Signature`: HMAC-SHA256 over `t.body`, hex. `at` is the machine's time in Unix seconds, never a test clock's. */
export function signatureOf(body: string, secret: string, at: number): string {
  const digest = createHmac('sha256', secret)
    .update(`${String(at)}.${body}`)
    .digest('hex');
  return `t=${String(at)},v1=${digest}`;
}
