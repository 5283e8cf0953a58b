import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { Connection } from '../../domain/connection.ts';
import { ConnectionNotActiveError, LastWebhookSecretError } from '../../errors.ts';
import type { WebhookSecretDeps } from '../../use-cases/held-secrets.ts';
import { removeWebhookSecret } from '../../use-cases/remove-webhook-secret.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { id: 'whs_0002QnPvZ1dK9xFq7LmA' } };

export function addRemoveWebhookSecret(
  builder: SubgraphBuilder,
  ConnectionType: Ref<Connection>,
  deps: WebhookSecretDeps,
): void {
  refusalType(builder, LastWebhookSecretError, {
    description: 'It is the only secret that does not expire: without it deliveries would be refused.',
  });
  const Input = builder.inputType('RemoveWebhookSecretInput', {
    description: 'The secret to take away.',
    fields: (t) => ({ id: t.id({ required: true, description: 'Begins with whs_.' }) }),
  });
  builder.mutationField('removeWebhookSecret', (t) =>
    t.field({
      type: ConnectionType,
      description:
        'Takes a signing secret away: within a second, at every process, deliveries that only it fits are refused. See lastMatchedAt before. One that is gone already is not found.',
      args: { input: t.arg({ type: Input, required: true, description: 'The secret to take away.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [NotFoundError, ConnectionNotActiveError, LastWebhookSecretError],
        union: { name: 'RemoveWebhookSecretResult', description: 'The connection, or why its secret was not removed.' },
      },
      resolve: (_root, { input }, ctx) => removeWebhookSecret(ctx.useCases, deps, input),
    }),
  );
}
