import type { EnumRef } from '@pothos/core';
import type { KernelTypes, SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';

/** An enum over words of Stripe's. */
export interface Words<Value extends string> {
  readonly type: EnumRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, Value | 'OTHER', Value | 'OTHER'>;
  /** The word as a value; OTHER for one that Stripe has added since. */
  of(word: string): Value | 'OTHER';
  /** The same, where Stripe may not have said. */
  ifSaid(word: string | null): Value | 'OTHER' | null;
}

/** Stripe adds words without notice. What is not listed reads as OTHER, so that one new status does not break every answer that holds it. */
export function addWords<Value extends string>(
  builder: SubgraphBuilder,
  name: string,
  description: string,
  values: Readonly<Record<Value, string>>,
): Words<Value> {
  const known = Object.keys(values) as Value[];
  const described = Object.entries<string>({
    ...values,
    OTHER: 'A value that Stripe has added since; see it in Stripe.',
  });
  const type = builder.enumType(name, {
    description,
    values: Object.fromEntries(described.map(([value, meaning]) => [value, { value, description: meaning }])) as Record<
      Value | 'OTHER',
      { value: Value | 'OTHER'; description: string }
    >,
  });
  const of = (word: string): Value | 'OTHER' => known.find((value) => value === word) ?? 'OTHER';
  return { type: type as Words<Value>['type'], of, ifSaid: (word) => (word === null ? null : of(word)) };
}
