import { CriticalityLevel, diff, DiffRule } from '@graphql-inspector/core';
import { buildSchema } from 'graphql';

export interface BreakingChange {
  /** Where, as a schema coordinate: `Invoice.number`, `Query.invoice.id`. */
  readonly coordinate: string;
  readonly message: string;
}

/**
 * What would break a client that was written against the released schema. Adding passes: fields, optional arguments, enum values and members of
 * unions, for which clients are told to be ready. A field that was already deprecated at the release may go.
 */
export async function breakingChanges(releasedSdl: string, currentSdl: string): Promise<BreakingChange[]> {
  const changes = await diff(buildSchema(releasedSdl), buildSchema(currentSdl), [
    DiffRule.suppressRemovalOfDeprecatedField,
  ]);
  return changes
    .filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking)
    .map(({ path, message }) => ({ coordinate: path ?? 'schema', message }));
}
