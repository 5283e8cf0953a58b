export const ADMIN_SCOPE = 'admin:*';

/** The scopes in `wanted` that a caller with `held` may not hand on: nobody gives away more than they have. */
export function scopesBeyond(held: readonly string[], wanted: readonly string[]): string[] {
  return held.includes(ADMIN_SCOPE) ? [] : wanted.filter((scope) => !held.includes(scope));
}
