/**
 * What an `*.updated` event says under `previous_attributes`: the old value of each field that changed, one level deeper for nested objects,
 * whole for arrays; `null` for a field that was not there before.
 */
export function previousAttributes(before: object, after: object): Record<string, unknown> {
  const previous: Record<string, unknown> = {};
  const old = new Map<string, unknown>(Object.entries(before));
  const now = new Map<string, unknown>(Object.entries(after));
  for (const key of new Set([...old.keys(), ...now.keys()])) {
    const was = old.get(key) ?? null;
    const is = now.get(key) ?? null;
    if (JSON.stringify(was) === JSON.stringify(is)) continue;
    previous[key] = isPlain(was) && isPlain(is) ? previousAttributes(was, is) : was;
  }
  return previous;
}

/** The state before, from the state after and what `previousAttributes` told. */
export function stateBefore(after: object, previous: object): object {
  const state = new Map<string, unknown>(Object.entries(after));
  for (const [key, was] of Object.entries(previous) as [string, unknown][]) {
    const is = state.get(key);
    state.set(key, isPlain(was) && isPlain(is) ? stateBefore(is, was) : was);
  }
  return Object.fromEntries(state);
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
