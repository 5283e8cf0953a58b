import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import { storeInboxEvent, type StoredDelivery } from '#subgraphs/shared/inbox/store.ts';
import { receiveWebhook, type ReceiveWebhookDeps } from './receive-webhook.ts';

export interface IngestWebhook {
  readonly provider: string;
  readonly endpoint: string;
  readonly body: Buffer;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

/**
 * The graph's door to `receiveWebhook`. An endpoint of another workspace is as unknown as one that does not exist.
 * @throws whatever receiveWebhook refuses.
 */
export async function ingestWebhook(
  ctx: UseCaseContext,
  deps: ReceiveWebhookDeps,
  input: IngestWebhook,
): Promise<StoredDelivery> {
  const headers = Object.fromEntries(input.headers.map(({ name, value }) => [name.toLowerCase(), value]));
  return receiveWebhook(
    deps,
    { provider: input.provider, endpointPath: input.endpoint, body: input.body, headers },
    ({ workspaceId }) => (workspaceId === ctx.workspaceId ? (delivery) => storeInboxEvent(ctx, delivery) : null),
  );
}

/**
 * The bytes that were signed, from one of the two ways to give them.
 * @throws {ValidationError} for none or both, or text that is not base64.
 */
export function bodyOf({
  payload,
  payloadBase64,
}: {
  payload?: string | null | undefined;
  payloadBase64?: string | null | undefined;
}): Buffer {
  if (typeof payload === 'string' && typeof payloadBase64 === 'string')
    throw new ValidationError('Give payload or payloadBase64, not both.', 'input.payloadBase64');
  if (typeof payload === 'string') return Buffer.from(payload, 'utf8');
  if (typeof payloadBase64 !== 'string')
    throw new ValidationError('Give the raw body as payload or payloadBase64.', 'input.payload');
  // Node's decoder skips what it does not know; the signature would then be made over other bytes than the caller meant.
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(payloadBase64) || payloadBase64.length % 4 !== 0)
    throw new ValidationError('This is not base64. Encode the raw body with padding.', 'input.payloadBase64');
  return Buffer.from(payloadBase64, 'base64');
}
