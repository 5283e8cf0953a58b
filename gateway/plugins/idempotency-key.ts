import { Kind, OperationTypeNode } from 'graphql';

import { refusal } from '../refusals.ts';

import type { OperationCheck } from './refuse-operation.ts';
import type { GraphQLError } from 'graphql';

const MALFORMED = 'An Idempotency-Key has 1 to 255 printable ASCII characters without spaces. A UUID does well.';
const SEVERAL =
  'With an Idempotency-Key a document holds exactly one mutation field. Send the others in requests of their own, each with its own key.';

/**
 * A key names one answer to keep, so a document that carries it holds one mutation field. The key itself is claimed by the verb,
 * in its own transaction. Queries may carry it and ignore it.
 */
export const idempotencyKey: OperationCheck = ({ operation, contextValue }) => {
  const key = contextValue.headers['idempotency-key'];
  if (key === undefined || operation?.operation !== OperationTypeNode.MUTATION) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) return refused('INVALID_IDEMPOTENCY_KEY', MALFORMED);
  const [first, second] = operation.selectionSet.selections;
  const oneField = second === undefined && first?.kind === Kind.FIELD;
  return oneField ? null : refused('IDEMPOTENCY_KEY_NEEDS_ONE_MUTATION', SEVERAL);
};

function refused(code: string, message: string): GraphQLError {
  return refusal({ type: 'validation_error', code, message, param: 'Idempotency-Key', status: 400 });
}
