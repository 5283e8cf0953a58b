import {
  ConflictError,
  type DomainError,
  NotFoundError,
  ProviderRefusedError,
  ProviderUnavailableError,
  ValidationError,
} from '../errors/errors.ts';
import { toDecimalText } from '../money/money.ts';
import type { SubgraphBuilder } from './builder.ts';

/** Types that several subgraphs define alike. The federation plugin knows the option but its types leave it out for some of them. */
export const SHAREABLE: object = { shareable: true };

type ErrorClass<E extends DomainError> = new (...args: never[]) => E;

/**
 * Declares a refusal as an object type of result unions, with the fields every refusal has. `name` is the class's.
 * `shareable` for those that several subgraphs return.
 */
export function refusalType<E extends DomainError>(
  builder: SubgraphBuilder,
  errorClass: ErrorClass<E>,
  options: { description: string; shareable?: boolean },
): void {
  builder.objectType(errorClass, {
    name: errorClass.name,
    description: options.description,
    // The plugin can't see through the type parameter that E has the interface's fields.
    interfaces: ['UserError'] as never,
    ...(options.shareable === true ? SHAREABLE : {}),
  });
}

/** Money, the shape of refusals, and the refusals that every domain knows. */
export function addKernelTypes(builder: SubgraphBuilder): void {
  builder.objectType('Money', {
    description: 'An amount in one currency. Both numbers are text, so that no client rounds them.',
    ...SHAREABLE,
    fields: (t) => ({
      amountMinor: t.field({
        type: 'BigInt',
        description: 'Whole minor units of the currency: `"1990"` is 19.90 USD.',
        resolve: (money) => money.amountMinor,
      }),
      currency: t.field({ type: 'CurrencyCode', description: 'ISO 4217 code.', resolve: (money) => money.currency }),
      amount: t.field({
        type: 'Decimal',
        description: 'The same amount in major units, exactly: `"19.90"`.',
        resolve: (money) => toDecimalText(money),
      }),
    }),
  });
  builder.interfaceType('UserError', {
    description:
      'A refusal: the request was understood and the rules forbid it. Asked again unchanged, it will be refused again.',
    fields: (t) => ({
      code: t.string({ description: 'Stable and machine-readable, in capitals.', resolve: (error) => error.code }),
      message: t.string({
        description: 'Fit to be shown to a person; says what to do next.',
        resolve: (error) => error.message,
      }),
      param: t.string({
        nullable: true,
        description: 'The argument that was refused, if it was one: `input.to`.',
        resolve: (error) => error.param ?? null,
      }),
    }),
  });
  refusalType(builder, NotFoundError, {
    shareable: true,
    description:
      'There is no such object in this workspace. Absent and belonging to another workspace are the same answer.',
  });
  refusalType(builder, ValidationError, {
    shareable: true,
    description: 'An argument is well formed and still not possible; `param` names it.',
  });
  refusalType(builder, ConflictError, {
    shareable: true,
    description: 'The object changed meanwhile, or another request for the same thing came first.',
  });
  refusalType(builder, ProviderRefusedError, {
    shareable: true,
    description: 'The provider (Stripe, a bank) understood the call and said no.',
  });
  refusalType(builder, ProviderUnavailableError, {
    shareable: true,
    description: 'The provider did not answer. The request may be repeated with the same Idempotency-Key.',
  });
  builder.objectField(ProviderUnavailableError, 'retryAfter', (t) =>
    t.int({
      nullable: true,
      description: 'Whole seconds until it is worth another try; null when nothing is known about it.',
      resolve: (error) => error.retryAfter,
    }),
  );
}
