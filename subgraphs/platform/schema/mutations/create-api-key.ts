import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import { isScope } from '#subgraphs/shared/graphql/scopes.ts';
import type { ApiKey } from '../../domain/api-key.ts';
import { ScopeExceededError } from '../../errors.ts';
import { createApiKey } from '../../use-cases/create-api-key.ts';
import type { IssuedApiKey } from '../../use-cases/issue-api-key.ts';
import type { Ref } from '../builder.ts';

export const example = { input: { name: 'Dashboard', scopes: ['recovery:read', 'billing:read'] } };

export function addCreateApiKey(builder: SubgraphBuilder, ApiKeyType: Ref<ApiKey>): void {
  refusalType(builder, ScopeExceededError, {
    description: 'The caller’s own key does not hold these scopes, so it cannot hand them on.',
  });
  builder.objectField(ScopeExceededError, 'scopes', (t) =>
    t.stringList({ description: 'The scopes the caller lacks.', resolve: ({ scopes }) => [...scopes] }),
  );
  const Input = builder.inputType('CreateApiKeyInput', {
    description: 'The key to create, for the caller’s workspace.',
    fields: (t) => ({
      name: t.string({ required: true, description: 'What the key is for, 1 to 100 characters.' }),
      scopes: t.stringList({
        required: true,
        description: 'What the key may do, at least one; see ApiKey.scopes. Only what your own key may do.',
      }),
      expiresAt: t.field({
        type: 'DateTime',
        description: 'From this instant on (real time) the key is refused. Left out: it does not expire.',
      }),
    }),
  });
  const Created = builder.objectRef<IssuedApiKey>('CreatedApiKey').implement({
    description: 'A new API key.',
    fields: (t) => ({
      apiKey: t.expose('apiKey', { type: ApiKeyType, description: 'The key.' }),
      secret: t.exposeString('secret', {
        description: 'What to send as `Authorization: Bearer …`. Keep it now: it is not shown again.',
      }),
    }),
  });
  builder.mutationField('createApiKey', (t) =>
    t.field({
      type: Created,
      description: 'Creates an API key for the caller’s workspace. Its secret is shown in this answer only.',
      args: { input: t.arg({ type: Input, required: true, description: 'The key to create.' }) },
      authScopes: { scope: 'workspace:write' },
      errors: {
        types: [ValidationError, ScopeExceededError],
        union: { name: 'CreateApiKeyResult', description: 'The key, or why it was not created.' },
      },
      resolve: (_root, { input }, ctx) => createApiKey(ctx.useCases, { isScope }, input),
    }),
  );
}
