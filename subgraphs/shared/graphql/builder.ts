import SchemaBuilder from '@pothos/core';
import DirectivesPlugin from '@pothos/plugin-directives';
import ErrorsPlugin from '@pothos/plugin-errors';
import FederationPlugin from '@pothos/plugin-federation';
import RelayPlugin from '@pothos/plugin-relay';
import ScopeAuthPlugin, { type AuthFailure } from '@pothos/plugin-scope-auth';
import type { GraphQLSchema } from 'graphql';
import { AuthenticationError, AuthorizationError, type DomainError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { Money } from '../money/money.ts';
import { MUTATIONS_PLUGIN } from './audited-mutations.ts';
import type { GraphContext } from './context.ts';
import { addKernelTypes, SHAREABLE } from './kernel-types.ts';
import { BigIntScalar, CurrencyCodeScalar, DateTimeScalar, DecimalScalar, JsonScalar } from './scalars.ts';
import { grants, type Scope } from './scopes.ts';

export interface KernelTypes {
  Context: GraphContext;
  Objects: { Money: Money };
  Interfaces: { UserError: DomainError };
  DefaultFieldNullability: false;
  DefaultEdgesNullability: false;
  DefaultNodeNullability: false;
  AuthScopes: { scope: Scope; operator: boolean; authenticated: boolean };
  Scalars: {
    ID: { Input: string; Output: string };
    DateTime: { Input: Date; Output: Date };
    BigInt: { Input: bigint; Output: bigint };
    Decimal: { Input: string; Output: string };
    CurrencyCode: { Input: string; Output: string };
    JSON: { Input: Json; Output: Json };
  };
}

export type SubgraphBuilder = PothosSchemaTypes.SchemaBuilder<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>>;

/**
 * A Pothos builder with the house's conventions: fields are non-null unless they say otherwise, refusals are members of result unions,
 * scopes are checked in the subgraph (at subscribe time too), mutations are audited and honour Idempotency-Key.
 */
export function createSubgraphBuilder(
  options: { query?: boolean; mutation?: boolean; subscription?: boolean } = {},
): SubgraphBuilder {
  const builder = new SchemaBuilder<KernelTypes>({
    // The first is outermost: errors turns refusals into union members, then scopes are checked, then the mutation is audited.
    plugins: [ErrorsPlugin, ScopeAuthPlugin, RelayPlugin, DirectivesPlugin, FederationPlugin, MUTATIONS_PLUGIN],
    defaultFieldNullability: false,
    errors: { directResult: true, defaultTypes: [] },
    scopeAuth: {
      // By default it would check when an event is resolved, and a caller without the scope would hang on an open stream.
      authorizeOnSubscribe: true,
      authScopes: ({ caller }) => ({
        authenticated: caller.kind !== 'ANONYMOUS',
        operator: caller.kind === 'OPERATOR',
        scope: (wanted) => caller.kind === 'API_KEY' && grants(caller.scopes, wanted),
      }),
      unauthorizedError: (_parent, { caller }, _info, { failure }) => {
        if (caller.kind === 'ANONYMOUS') return new AuthenticationError();
        return new AuthorizationError(missingScope(failure) ?? 'operator');
      },
    },
    relay: {
      nodeQueryOptions: false,
      nodesQueryOptions: false,
      edgesFieldOptions: { nullable: false, description: 'The items of this page, in the list’s order.' },
      nodeFieldOptions: { nullable: false, description: 'The item.' },
      cursorFieldOptions: { description: 'Its place in the list: pass it as `after` or `before`.' },
      pageInfoFieldOptions: { description: 'Where this page stands in the list.' },
      pageInfoTypeOptions: { description: 'Where a page stands in its list.', ...SHAREABLE },
      hasNextPageFieldOptions: { description: 'Whether more follows: ask again with `after: endCursor`.' },
      hasPreviousPageFieldOptions: { description: 'Whether more comes before: ask again with `before: startCursor`.' },
      startCursorFieldOptions: { description: 'Cursor of the first item; null on an empty page.' },
      endCursorFieldOptions: { description: 'Cursor of the last item; null on an empty page.' },
      firstArgOptions: {
        description: 'How many, from the start: 1 to 500. 50 when neither `first` nor `last` is given.',
      },
      lastArgOptions: { description: 'How many, from the end: 1 to 500.' },
      afterArgOptions: { description: 'Only what follows this cursor.' },
      beforeArgOptions: { description: 'Only what comes before this cursor.' },
    },
  });
  if (options.query ?? true) builder.queryType({ description: 'What can be read. It shows one workspace, the key’s.' });
  if (options.mutation ?? false)
    builder.mutationType({
      description: 'What can be done. Each takes one input and answers its result or a refusal.',
    });
  if (options.subscription ?? false)
    builder.subscriptionType({ description: 'What can be followed live. Every event has a cursor to go on from.' });
  builder.addScalarType('DateTime', DateTimeScalar);
  builder.addScalarType('BigInt', BigIntScalar);
  builder.addScalarType('Decimal', DecimalScalar);
  builder.addScalarType('CurrencyCode', CurrencyCodeScalar);
  builder.addScalarType('JSON', JsonScalar);
  addKernelTypes(builder);
  return builder;
}

/** The scope a caller would have needed. Pothos wraps the check that failed in an any-of or all-of, even when there was one. */
function missingScope(failure: AuthFailure): string | undefined {
  if ('parameter' in failure) return failure.scope === 'scope' ? String(failure.parameter) : undefined;
  return 'failures' in failure ? failure.failures.map(missingScope).find((scope) => scope !== undefined) : undefined;
}

/** The subgraph's schema with federation's directives. Call it once every type is declared. */
export function buildSubgraph(builder: SubgraphBuilder): GraphQLSchema {
  return builder.toSubGraphSchema({ linkUrl: 'https://specs.apollo.dev/federation/v2.9' });
}
