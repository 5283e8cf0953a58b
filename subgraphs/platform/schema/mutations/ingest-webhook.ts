import { NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { StoredDelivery } from '#subgraphs/shared/inbox/store.ts';
import { PayloadTooLargeError, WebhookSignatureError } from '../../errors.ts';
import { bodyOf, ingestWebhook } from '../../use-cases/ingest-webhook.ts';
import type { ReceiveWebhookDeps } from '../../use-cases/receive-webhook.ts';

export const example = {
  input: {
    provider: 'STRIPE',
    endpoint: 'whe_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA',
    payload:
      '{"id":"evt_1","object":"event","type":"invoice.paid","created":1790000000,"livemode":false,"data":{"object":{"id":"in_1"}}}',
    headers: [
      {
        name: 'Stripe-Signature',
        value: 't=1790000000,v1=0000000000000000000000000000000000000000000000000000000000000000',
      },
    ],
  },
};

export function addIngestWebhook(builder: SubgraphBuilder, deps: ReceiveWebhookDeps): void {
  refusalType(builder, WebhookSignatureError, {
    description:
      'Payload, signature and the endpoint’s secret do not fit together, or the signature is older than five minutes. Nothing was stored.',
  });
  refusalType(builder, PayloadTooLargeError, { description: 'The payload is larger than 1.5 MB. Nothing was stored.' });
  const Provider = builder.enumType('WebhookProvider', {
    description: 'Whose webhook it is.',
    values: { STRIPE: { value: 'stripe', description: 'Stripe.' } },
  });
  const Header = builder.inputType('WebhookHeaderInput', {
    description: 'One HTTP header of the delivery.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'In any case: `Stripe-Signature`.' }),
      value: t.string({ required: true, description: 'As it was sent.' }),
    }),
  });
  const Input = builder.inputType('IngestWebhookInput', {
    description: 'A delivery that reached you instead of us. Give `payload` or `payloadBase64`.',
    fields: (t) => ({
      provider: t.field({ type: Provider, required: true, description: 'Whose webhook it is.' }),
      endpoint: t.string({ required: true, description: 'The last part of the connection’s webhook URL: `whe_…`.' }),
      payload: t.string({ description: 'The raw body as text, unchanged to the byte. For a body that is UTF-8.' }),
      payloadBase64: t.string({ description: 'The raw body in base64, at most 1.5 MB when decoded.' }),
      headers: t.field({
        type: [Header],
        required: true,
        description: 'The headers it came with; the signature header is needed.',
      }),
    }),
  });
  const Ingested = builder.objectRef<StoredDelivery>('IngestedWebhook').implement({
    description: 'A delivery that is kept.',
    fields: (t) => ({
      inboxEventId: t.exposeID('inboxEventId', { description: 'Where it is kept: see the query inboxEvent.' }),
      first: t.exposeBoolean('first', {
        description: 'False when the same event was kept before: nothing changed then.',
      }),
    }),
  });
  builder.mutationField('ingestWebhook', (t) =>
    t.field({
      type: Ingested,
      description:
        'Hands in a provider’s webhook through the graph: the same checks and the same effect as posting it to the webhook URL.',
      args: { input: t.arg({ type: Input, required: true, description: 'The delivery.' }) },
      authScopes: { scope: 'webhooks:write' },
      errors: {
        types: [ValidationError, NotFoundError, WebhookSignatureError, PayloadTooLargeError],
        union: { name: 'IngestWebhookResult', description: 'Where the delivery is kept, or why it is not.' },
      },
      resolve: async (_root, { input }, ctx) => ingestWebhook(ctx.useCases, deps, { ...input, body: bodyOf(input) }),
    }),
  );
}
