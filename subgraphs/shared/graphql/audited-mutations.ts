import { createHash } from 'node:crypto';
import SchemaBuilder, { BasePlugin, type PothosOutputFieldConfig, type SchemaTypes } from '@pothos/core';
import type { GraphQLFieldResolver } from 'graphql';
import { DomainError, ValidationError } from '../errors/errors.ts';
import type { Json } from '../json/json.ts';
import type { GraphContext } from './context.ts';

/** Registered under this name; the declaration lets the builder's options know it. */
export const MUTATIONS_PLUGIN = 'auditedMutations';

declare global {
  // Pothos takes plugins by declaration merging.
  namespace PothosSchemaTypes {
    interface Plugins<Types extends SchemaTypes> {
      auditedMutations: AuditedMutationsPlugin<Types>;
    }
  }
}

/** A bigint or a date as text: what the audit keeps and what the fingerprint is made of. */
const plain = (value: unknown): Json =>
  JSON.parse(
    JSON.stringify(value ?? null, (_name, field: unknown) => (typeof field === 'bigint' ? String(field) : field)),
  ) as Json;

/** Every mutation runs as one: audited, and with an Idempotency-Key carried out once. */
class AuditedMutationsPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override wrapResolve(
    resolve: GraphQLFieldResolver<unknown, Types['Context'], object>,
    field: PothosOutputFieldConfig<Types>,
  ): GraphQLFieldResolver<unknown, Types['Context'], object> {
    if (field.kind !== 'Mutation') return resolve;
    const asMutation: GraphQLFieldResolver<unknown, GraphContext, object> = async (source, args, context, info) => {
      const input = plain('input' in args ? args.input : args);
      const { idempotencyKey, caller } = context;
      if (idempotencyKey !== undefined && info.operation.selectionSet.selections.length > 1) {
        throw new ValidationError(
          'A request with an Idempotency-Key may hold one mutation only. Send the others in requests of their own.',
          'Idempotency-Key',
        );
      }
      const actor = caller.kind === 'API_KEY' ? caller.keyId : caller.kind;
      const fingerprint = createHash('sha256')
        .update(JSON.stringify([field.name, input, actor]))
        .digest('base64url');
      const useCases = context.useCases.forMutation({
        name: field.name,
        input,
        ...(idempotencyKey === undefined ? {} : { idempotency: { key: idempotencyKey, fingerprint } }),
      });
      try {
        return await resolve(source, args, { ...context, useCases }, info);
      } catch (error) {
        if (error instanceof DomainError) await useCases.refused(error);
        throw error;
      }
    };
    return asMutation as GraphQLFieldResolver<unknown, Types['Context'], object>;
  }
}

SchemaBuilder.registerPlugin(MUTATIONS_PLUGIN, AuditedMutationsPlugin);
