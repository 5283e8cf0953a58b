import { refusal } from '../refusals.ts';
import { shapeOf } from './operation-shape.ts';

import type { ASTVisitor, ValidationRule } from 'graphql';

/** Refuses an operation that packs many operations into one. */
export function rootFieldLimit(limit: number): ValidationRule {
  return (context) => {
    const visitor: ASTVisitor = {
      OperationDefinition: (operation) => {
        const { rootFields } = shapeOf(operation, context);
        if (rootFields <= limit) return;
        const message = `The operation has ${String(rootFields)} root fields; at most ${String(limit)} are allowed. Split it into several operations.`;
        context.reportError(
          refusal({
            type: 'validation_error',
            code: 'TOO_MANY_ROOT_FIELDS',
            message,
            limit,
            actual: rootFields,
            nodes: [operation],
          }),
        );
      },
    };
    return visitor;
  };
}
