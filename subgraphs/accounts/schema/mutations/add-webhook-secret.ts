import { ConflictError, NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Connection } from '../../domain/connection.ts';
import { ConnectionNotActiveError } from '../../errors.ts';
import { addWebhookSecret } from '../../use-cases/add-webhook-secret.ts';
import type { WebhookSecretDeps } from '../../use-cases/held-secrets.ts';
import type { Ref } from '../builder.ts';

export const example = {
  input: { connectionId: 'conn_0002QnPvZ1dK9xFq7LmA', secret: 'whsec_ExampleExampleExampleExample' },
};

export function addAddWebhookSecret(
  builder: SubgraphBuilder,
  ConnectionType: Ref<Connection>,
  deps: WebhookSecretDeps,
): void {
  const Input = builder.inputType('AddWebhookSecretInput', {
    description: 'One more secret that deliveries may be signed with.',
    fields: (t) => ({
      connectionId: t.id({ required: true, description: 'Begins with conn_.' }),
      secret: t.string({
        required: true,
        description: 'The signing secret (whsec_…), as the provider shows it. Kept encrypted and never shown.',
      }),
    }),
  });
  builder.mutationField('addWebhookSecret', (t) =>
    t.field({
      type: ConnectionType,
      description:
        'Accepts deliveries that are signed with one more secret, from now on and at every process. Adding one that is there lifts its expiry, and else changes nothing. At most five.',
      args: { input: t.arg({ type: Input, required: true, description: 'The secret.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [ValidationError, NotFoundError, ConnectionNotActiveError, ConflictError],
        union: { name: 'AddWebhookSecretResult', description: 'The connection, or why the secret was not added.' },
      },
      resolve: (_root, { input }, ctx) => addWebhookSecret(ctx.useCases, deps, input),
    }),
  );
}
