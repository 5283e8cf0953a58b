import { ConflictError, NotFoundError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Connection } from '../../domain/connection.ts';
import { ConnectionNotActiveError } from '../../errors.ts';
import type { WebhookSecretDeps } from '../../use-cases/held-secrets.ts';
import { rollWebhookSecret } from '../../use-cases/roll-webhook-secret.ts';
import type { Ref } from '../builder.ts';

export const example = {
  input: { id: 'whs_0002QnPvZ1dK9xFq7LmA', newSecret: 'whsec_ExampleExampleExampleExample' },
};

export function addRollWebhookSecret(
  builder: SubgraphBuilder,
  ConnectionType: Ref<Connection>,
  deps: WebhookSecretDeps,
): void {
  const Input = builder.inputType('RollWebhookSecretInput', {
    description: 'Which secret to replace, and by what.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Of the secret that is replaced; begins with whs_.' }),
      newSecret: t.string({
        required: true,
        description: 'The new signing secret (whsec_…), as the provider shows it. Kept encrypted and never shown.',
      }),
      oldExpiresAt: t.field({
        type: 'DateTime',
        description:
          'Until when (real time) deliveries with the old secret are accepted; at most, and unless given, 24 hours from now, as at Stripe.',
      }),
    }),
  });
  builder.mutationField('rollWebhookSecret', (t) =>
    t.field({
      type: ConnectionType,
      description:
        'Replaces a signing secret without a gap: the new one counts at once, the old one until it expires, at every process. Again with the same new secret, it changes nothing but an expiry that is given.',
      args: { input: t.arg({ type: Input, required: true, description: 'Which secret, and by what.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [ValidationError, NotFoundError, ConnectionNotActiveError, ConflictError],
        union: { name: 'RollWebhookSecretResult', description: 'The connection, or why its secret was not rolled.' },
      },
      resolve: (_root, { input }, ctx) => rollWebhookSecret(ctx.useCases, deps, input),
    }),
  );
}
