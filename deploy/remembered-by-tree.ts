import type { DocumentNode } from 'graphql';

type Reading<Schema extends object, Rest extends unknown[], Read> = (
  schema: Schema,
  document: DocumentNode,
  ...rest: Rest
) => Read;

/**
 * What was read from an operation's tree, under one schema, for as long as both are kept. The operation comes first in the document; its fragments are
 * those that it was parsed with, so a tree is all that tells one operation from another.
 */
export function rememberedByTree<Schema extends object, Rest extends unknown[], Read>(
  read: Reading<Schema, Rest, Read>,
): Reading<Schema, Rest, Read> {
  const known = new WeakMap<Schema, WeakMap<object, Read>>();
  return (schema, document, ...rest) => {
    const [tree] = document.definitions;
    if (tree === undefined) return read(schema, document, ...rest);
    let ofSchema = known.get(schema);
    if (ofSchema === undefined) known.set(schema, (ofSchema = new WeakMap()));
    let found = ofSchema.get(tree);
    if (found === undefined) ofSchema.set(tree, (found = read(schema, document, ...rest)));
    return found;
  };
}
