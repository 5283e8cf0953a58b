import { type DocumentNode, type GraphQLError, visit } from 'graphql';
import { refusal } from '../errors/refusal.ts';

/**
 * PostgreSQL keeps neither U+0000 nor half of a surrogate pair. Found here, such a text is the client's mistake; found by the
 * database it would look like a fault of ours.
 * @throws {GraphQLError} BAD_USER_INPUT
 */
export function refuseUnstorableVariables(variables: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(variables)) {
    // These come from other subgraphs, as keys of what they hold already.
    if (name !== 'representations' && !isStorable(value)) throw unstorable('the variables');
  }
}

/** The same for what stands in the document itself. @throws {GraphQLError} BAD_USER_INPUT */
export function refuseUnstorableLiterals(document: DocumentNode): void {
  visit(document, {
    StringValue: ({ value }) => {
      if (!isStorable(value)) throw unstorable('the document');
    },
  });
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !/[\0\p{Surrogate}]/u.test(value);
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, each]) => isStorable(name) && isStorable(each));
}

function unstorable(where: string): GraphQLError {
  return refusal({
    type: 'validation_error',
    code: 'BAD_USER_INPUT',
    message: `A text in ${where} holds a character that cannot be kept: U+0000, or half of a surrogate pair. Remove it and send the request again.`,
  });
}
