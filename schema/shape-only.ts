/**
 * Stands for what a subgraph is given when only the shape of its schema is asked for: any property is there, any call answers, and
 * nothing is ever done. Resolvers are built with it and never run.
 */
export function shapeOnly(): unknown {
  const nothing = (): unknown => placeholder;
  const placeholder: unknown = new Proxy(nothing, {
    // Not a promise, and text when text is wanted; otherwise more of the same.
    get: (_target, name) =>
      name === 'then' ? undefined : name === Symbol.toPrimitive ? () => 'placeholder' : placeholder,
    apply: () => placeholder,
  });
  return placeholder;
}
