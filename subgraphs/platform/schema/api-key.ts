import { AuthorizationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { COUNTED_TO, keysetConnection, keysetQuery } from '#subgraphs/shared/graphql/keyset.ts';
import { grants, SCOPES } from '#subgraphs/shared/graphql/scopes.ts';
import type { ApiKey } from '../domain/api-key.ts';
import { apiKeysByIds, apiKeysPage, countApiKeys } from '../repositories/api-keys.ts';
import type { Ref } from './builder.ts';

const SCOPE_LIST = Object.entries(SCOPES)
  .map(([scope, meaning]) => `- \`${scope}\`: ${meaning}`)
  .join('\n');

export function addApiKey(builder: SubgraphBuilder): Ref<ApiKey> {
  const ApiKeyType = builder.objectRef<ApiKey>('ApiKey').implement({
    description:
      'A secret that lets a program act in one workspace. The secret itself is shown once, by the mutation that creates it.',
    fields: (t) => ({
      id: t.exposeID('id', { description: 'Begins with key_. It is not the secret.' }),
      name: t.exposeString('name', { description: 'What the key is for, in its creator’s words.' }),
      prefix: t.exposeString('prefix', {
        description: 'The first 12 characters of the secret, to recognise it by: `op_test_4fK9`.',
      }),
      scopes: t.exposeStringList('scopes', { description: `What the key may do:\n${SCOPE_LIST}` }),
      createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was created, in real time.' }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        nullable: true,
        description: 'From this instant on (real time) the key is refused. Null: it does not expire.',
      }),
      revokedAt: t.expose('revokedAt', {
        type: 'DateTime',
        nullable: true,
        description: 'When it was revoked, in real time. Null: it was not.',
      }),
    }),
  });
  builder.asEntity(ApiKeyType, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: async ({ id }, ctx) => {
      const { caller, useCases } = ctx;
      const { db, workspaceId } = useCases;
      if (caller.kind !== 'API_KEY' || !grants(caller.scopes, 'workspace:read'))
        throw new AuthorizationError('workspace:read');
      return ctx.loader('apiKey', (ids) => apiKeysByIds(db, workspaceId, ids)).load(id);
    },
  });
  builder.queryField('apiKeys', (t) =>
    t.connection(
      {
        type: ApiKeyType,
        description: 'The workspace’s API keys, newest first, revoked and expired ones included.',
        authScopes: { scope: 'workspace:read' },
        resolve: (_root, args, { useCases: { db, workspaceId } }) =>
          keysetConnection(args, {
            key: (row: ApiKey) => ({ at: row.createdAt, id: row.id }),
            page: (page) => apiKeysPage(db, workspaceId, keysetQuery('createdAt', page)),
            count: () => countApiKeys(db, workspaceId, COUNTED_TO),
          }),
      },
      {
        name: 'ApiKeyConnection',
        description: 'A page of API keys.',
        fields: (c) => ({
          totalCount: c.int({
            description: 'How many there are; counting stops at 10,000.',
            resolve: (list) => list.totalCount(),
          }),
        }),
      },
      { name: 'ApiKeyEdge', description: 'One API key and its place in the list.' },
    ),
  );
  return ApiKeyType;
}
