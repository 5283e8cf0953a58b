import { DomainError } from '../errors/errors.ts';

export class InvalidCursorError extends DomainError {
  readonly code = 'INVALID_CURSOR';
  override readonly type = 'validation_error';
  constructor() {
    super(
      'This cursor is not one of this workspace. Pass a cursor that an event of this subscription carried, or none.',
    );
  }
}

export class CursorExpiredError extends DomainError {
  readonly code = 'CURSOR_EXPIRED';
  override readonly type = 'validation_error';
  constructor() {
    super(
      'This cursor is older than the seven days that events are kept for. Read the current state with a query, then subscribe without a cursor.',
    );
  }
}

/** Opaque to clients; bound to the workspace so that a cursor of another one is refused and not misread. */
export function cursorOf(workspaceId: string, seq: bigint): string {
  return Buffer.from(`1:${workspaceId}:${String(seq)}`).toString('base64url');
}

/** @throws {InvalidCursorError} when it was not made by `cursorOf` for this workspace. */
export function readCursor(workspaceId: string, cursor: string): bigint {
  const [version, workspace, seq, ...more] = Buffer.from(cursor, 'base64url').toString('utf8').split(':');
  if (version !== '1' || workspace !== workspaceId || seq === undefined || !/^\d{1,18}$/.test(seq) || more.length > 0)
    throw new InvalidCursorError();
  return BigInt(seq);
}
