import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import { scopesBeyond } from '../domain/scopes.ts';
import { MAX_NAME_LENGTH } from '../domain/workspace.ts';
import { ScopeExceededError } from '../errors.ts';
import { issueApiKey, type IssuedApiKey } from './issue-api-key.ts';

export interface CreateApiKey {
  readonly name: string;
  readonly scopes: readonly string[];
  /** Wall time; the key works until then. Null: until it is revoked. */
  readonly expiresAt?: Date | null | undefined;
}

/**
 * Creates a key for the caller's workspace. The secret is in this answer and nowhere else. Which scopes exist is the graph's to say.
 * @throws {ValidationError} for an empty name, no or unknown scopes, or an expiry that has passed.
 * @throws {ScopeExceededError} for a scope the caller does not hold.
 */
export async function createApiKey(
  ctx: UseCaseContext,
  { isScope }: { isScope: (text: string) => boolean },
  input: CreateApiKey,
): Promise<IssuedApiKey> {
  const name = input.name.trim();
  const scopes = [...new Set(input.scopes)];
  const now = ctx.wall.now();
  if (name === '' || name.length > MAX_NAME_LENGTH) {
    throw new ValidationError(
      `Give the key a name of 1 to ${String(MAX_NAME_LENGTH)} characters that tells what it is for.`,
      'input.name',
    );
  }
  if (scopes.length === 0)
    throw new ValidationError(
      'A key needs at least one scope. Name what it may do, for example recovery:read.',
      'input.scopes',
    );
  const unknown = scopes.filter((scope) => !isScope(scope));
  if (unknown.length > 0)
    throw new ValidationError(
      `There is no scope ${unknown.join(', ')}. The documentation of ApiKey.scopes lists them.`,
      'input.scopes',
    );
  if (input.expiresAt && input.expiresAt <= now)
    throw new ValidationError('The key would expire at once. Choose a later expiresAt.', 'input.expiresAt');
  const beyond = scopesBeyond(ctx.actor.scopes, scopes);
  if (beyond.length > 0) throw new ScopeExceededError(beyond);

  return ctx.transaction((tx) =>
    issueApiKey(tx, ctx.mode, {
      id: ctx.ids.next('key'),
      name,
      scopes,
      createdAt: now,
      expiresAt: input.expiresAt ?? null,
    }),
  );
}
