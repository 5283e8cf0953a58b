import { refusal } from '../refusals.ts';

import type { OperationCheck } from './refuse-operation.ts';

/** A document with several operations and no (or a wrong) `operationName`: the planner would answer it as a fault of ours. */
export const knownOperation: OperationCheck = ({ operation }) =>
  operation !== undefined
    ? null
    : refusal({
        type: 'validation_error',
        code: 'OPERATION_RESOLUTION_FAILURE',
        message: 'The document has several operations or none of this name. Say which one in operationName.',
        param: 'operationName',
        status: 400,
      });
