import { refusal } from '../refusals.ts';
import { shapeOf } from './operation-shape.ts';

import type { ASTVisitor, ValidationRule } from 'graphql';

/** Refuses an operation that asks for the same things under many names, which multiplies work that no other limit sees. */
export function aliasLimit(limit: number): ValidationRule {
  return (context) => {
    const visitor: ASTVisitor = {
      OperationDefinition: (operation) => {
        const { aliases } = shapeOf(operation, context);
        if (aliases <= limit) return;
        const message = `The operation has ${String(aliases)} aliases, fragments opened; at most ${String(limit)} are allowed. Ask for a list, or split the operation.`;
        context.reportError(
          refusal({
            type: 'validation_error',
            code: 'TOO_MANY_ALIASES',
            message,
            limit,
            actual: aliases,
            nodes: [operation],
          }),
        );
      },
    };
    return visitor;
  };
}
