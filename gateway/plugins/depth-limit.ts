import { refusal } from '../refusals.ts';
import { shapeOf } from './operation-shape.ts';

import type { ASTVisitor, ValidationRule } from 'graphql';

/** Refuses an operation that nests deeper than `limit` fields, before anything is fetched. */
export function depthLimit(limit: number): ValidationRule {
  return (context) => {
    const visitor: ASTVisitor = {
      OperationDefinition: (operation) => {
        const { depth } = shapeOf(operation, context);
        if (depth <= limit) return;
        const message = `The operation is ${String(depth)} levels deep; at most ${String(limit)} are allowed. Ask for the inner part in an operation of its own, by id.`;
        context.reportError(
          refusal({ type: 'validation_error', code: 'TOO_DEEP', message, limit, actual: depth, nodes: [operation] }),
        );
      },
    };
    return visitor;
  };
}
