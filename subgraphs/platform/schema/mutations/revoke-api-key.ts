import { NotFoundError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import { LastAdminKeyError } from '../../errors.ts';
import { revokeApiKey } from '../../use-cases/revoke-api-key.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { id: 'key_0002QnPvZ1dK9xFq7LmA' } };

export function addRevokeApiKey(builder: SubgraphBuilder, ApiKeyType: Ref<ApiKey>): void {
  refusalType(builder, LastAdminKeyError, {
    description: 'It is the last admin key that does not expire: without it nobody could create a key again.',
  });
  const Input = builder.inputType('RevokeApiKeyInput', {
    description: 'The key to revoke.',
    fields: (t) => ({
      id: t.id({ required: true, description: 'Begins with key_. It may be the key you call with.' }),
    }),
  });
  builder.mutationField('revokeApiKey', (t) =>
    t.field({
      type: ApiKeyType,
      description: 'Ends an API key: the next request with it is refused. Revoking it again changes nothing.',
      args: { input: t.arg({ type: Input, required: true, description: 'The key to revoke.' }) },
      authScopes: { scope: 'workspace:write' },
      errors: {
        types: [NotFoundError, LastAdminKeyError],
        union: { name: 'RevokeApiKeyResult', description: 'The revoked key, or why it was not revoked.' },
      },
      resolve: (_root, { input }, ctx) => revokeApiKey(ctx.useCases, input),
    }),
  );
}
