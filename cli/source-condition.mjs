// A module hook that does what `node --conditions=source` does: imports like '#subgraphs/…' lead to the TypeScript sources.
export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, { ...context, conditions: [...new Set([...context.conditions, 'source'])] });
}
