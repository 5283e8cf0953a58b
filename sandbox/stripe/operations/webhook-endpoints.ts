import { z } from 'zod';
import { invalid } from '../http/errors.ts';
import { operation, type Operation } from '../http/operation.ts';
import { listOperation } from '../http/paginate.ts';
import { clearable, flag, list, mergedMetadata, metadata, text } from '../http/parameters.ts';
import { buildWebhookEndpoint } from '../objects/others.ts';
import { OLDER_VERSION } from '../shapes/older-shape.ts';
import { letters } from '../store/ids.ts';
import { API_VERSION } from '../store/record-event.ts';
import type { UnitOfWork } from '../store/unit-of-work.ts';

const createShape = z.strictObject({
  url: text,
  enabled_events: list(text),
  description: clearable.optional(),
  metadata: metadata.optional(),
  api_version: text.optional(),
  connect: flag.optional(),
});
const updateShape = z.strictObject({
  url: text.optional(),
  enabled_events: list(text).optional(),
  description: clearable.optional(),
  metadata: metadata.optional(),
  disabled: flag.optional(),
});

async function create(work: UnitOfWork, input: z.output<typeof createShape>): Promise<object> {
  check(input.url, input.enabled_events);
  const version = input.api_version ?? API_VERSION;
  if (![API_VERSION, OLDER_VERSION].includes(version))
    throw invalid(`The sandbox speaks ${API_VERSION} and ${OLDER_VERSION} only.`, { param: 'api_version' });
  const secret = `whsec_${letters(32)}`;
  const endpoint = await work.insert(
    'webhook_endpoint',
    buildWebhookEndpoint(work.wallNow(), work.scope.livemode, {
      api_version: version,
      url: input.url,
      enabled_events: input.enabled_events,
      description: input.description ?? null,
      metadata: mergedMetadata(null, input.metadata),
    }),
    { secret, connect: input.connect ?? false },
  );
  return { ...endpoint, secret };
}

async function update(work: UnitOfWork, input: z.output<typeof updateShape>, id: string): Promise<object> {
  const before = await work.get('webhook_endpoint', id);
  check(input.url ?? before.url, input.enabled_events ?? before.enabled_events);
  if (input.disabled) await giveUpOn(work, id);
  return work.put('webhook_endpoint', {
    ...before,
    url: input.url ?? before.url,
    enabled_events: input.enabled_events ?? before.enabled_events,
    metadata: mergedMetadata(before.metadata, input.metadata),
    description: input.description === undefined ? before.description : input.description,
    status: input.disabled === undefined ? before.status : input.disabled ? 'disabled' : 'enabled',
  });
}

function check(url: string, enabledEvents: readonly string[]): void {
  if (!URL.canParse(url) || !/^https?:/.test(url))
    throw invalid('Invalid URL: An explicit scheme (such as https) must be provided.', {
      code: 'url_invalid',
      param: 'url',
    });
  if (enabledEvents.length === 0)
    throw invalid('Missing required param: enabled_events.', { code: 'parameter_missing', param: 'enabled_events' });
}

/** Nothing is sent to it any more, also not what waits. */
async function giveUpOn(work: UnitOfWork, id: string): Promise<void> {
  await work.client.query(
    `UPDATE deliveries SET status = 'canceled' WHERE COALESCE(endpoint_account, account) = $1 AND endpoint_id = $2 AND status = 'pending'`,
    [work.scope.account, id],
  );
}

async function remove(work: UnitOfWork, id: string): Promise<object> {
  await work.get('webhook_endpoint', id);
  await work.remove('webhook_endpoint', id);
  await giveUpOn(work, id);
  return { id, object: 'webhook_endpoint', deleted: true };
}

export const webhookEndpoints: readonly Operation[] = [
  operation('POST', '/v1/webhook_endpoints', createShape, create),
  operation('GET', '/v1/webhook_endpoints/:id', z.strictObject({}), (work, _input, id) =>
    work.get('webhook_endpoint', id),
  ),
  operation('POST', '/v1/webhook_endpoints/:id', updateShape, update),
  operation('DELETE', '/v1/webhook_endpoints/:id', z.strictObject({}), (work, _input, id) => remove(work, id)),
  listOperation('webhook_endpoint', '/v1/webhook_endpoints', { withCreated: false }),
];
