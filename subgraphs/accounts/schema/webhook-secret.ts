import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { Connection } from '../domain/connection.ts';
import { shownSecrets, type ShownSecret } from '../use-cases/shown-secrets.ts';
import type { WebhookSecretDeps } from '../use-cases/held-secrets.ts';
import type { Ref } from './builder.ts';

export function addWebhookSecretType(
  builder: SubgraphBuilder,
  ConnectionType: Ref<Connection>,
  deps: WebhookSecretDeps,
): void {
  const Secret = builder.objectRef<ShownSecret>('WebhookSecret').implement({
    description:
      'What the provider signs this connection’s deliveries with. The secret itself is never shown. All instants are real time.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with whs_.' }),
      lastFour: t.exposeString('lastFour', {
        description: 'The last four characters of the secret, to recognise it by.',
      }),
      addedAt: t.expose('addedAt', { type: 'DateTime', description: 'When it was given to us.' }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'From this instant on it counts no more. Null: it does not expire.',
      }),
      lastMatchedAt: t.expose('lastMatchedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When a delivery was last signed with it, to the minute: it is still in use. Null: never yet.',
      }),
    }),
  });
  builder.objectField(ConnectionType, 'webhookSecrets', (t) =>
    t.field({
      type: [Secret],
      description:
        'The signing secrets that deliveries are checked with, newest first. Several while one is rolled, or for several endpoints at the provider. Those that have expired stay until the list is next changed.',
      resolve: async ({ id }, _args, ctx) => {
        const { db, workspaceId } = ctx.useCases;
        const load = ctx.loader('webhookSecrets', (ids) => shownSecrets(db, deps, workspaceId, ids));
        return (await load.load(id)) ?? [];
      },
    }),
  );
}
