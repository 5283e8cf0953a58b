import type { Bus } from '../bus/bus.ts';
import type { Database } from '../db/prisma.ts';
import type { SystemDb } from '../db/system.ts';
import type { Clock } from '../time/clock.ts';
import { CursorExpiredError, InvalidCursorError, readCursor } from './cursor.ts';
import { createLogRows, type LoggedEvent } from './log-rows.ts';
import { createTails, type Tail } from './tail.ts';

export type { LoggedEvent } from './log-rows.ts';

const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;

export interface FollowOptions {
  readonly types: readonly string[];
  /** The last cursor the reader has seen. Without it the reader starts at what happens next. */
  readonly after?: string | null | undefined;
  readonly signal?: AbortSignal;
}

/** Committed events of a workspace in their numbered order: first what was missed, then live; no gap, no repeat. */
export interface EventLog {
  /**
   * @throws {InvalidCursorError} for a cursor of another workspace or a made-up one.
   * @throws {CursorExpiredError} when what follows the cursor is older than seven days.
   */
  follow(workspaceId: string, options: FollowOptions): AsyncIterableIterator<LoggedEvent>;
}

export interface EventLogDeps {
  readonly database: Database;
  /** Sees how far every workspace is, at once. */
  readonly system: Pick<SystemDb, 'query'>;
  readonly bus: Bus;
  readonly wall: Clock;
  /** A notification that is lost delays a reader by this much at most. */
  readonly pollMs?: number;
  /** Newest events of a workspace that are kept for those who follow closely. */
  readonly kept?: number;
  /** Events that one statement reads at most. */
  readonly pageSize?: number;
}

/** However many follow a workspace, its newest events are read once; see tail.ts. */
export function createEventLog(deps: EventLogDeps): EventLog {
  const rows = createLogRows(deps.database, deps.system, deps.pageSize ?? 200);
  const tails = createTails({ rows, bus: deps.bus, pollMs: deps.pollMs ?? 5_000, kept: deps.kept ?? 500 });

  /** @returns the number that the cursor stands for. */
  async function startAfter(workspaceId: string, after: string): Promise<bigint> {
    const seq = readCursor(workspaceId, after);
    const { newest, next } = await rows.placeOf(workspaceId, seq);
    if (seq > newest) throw new InvalidCursorError();
    const isOld = (numberedAt: Date): boolean => deps.wall.now().getTime() - numberedAt.getTime() > RETENTION_MS;
    // Of what follows the cursor, nothing may be missing or old; that there is nothing left although more was numbered is the same.
    if (seq < newest && (next === null || next.seq > seq + 1n || isOld(next.numberedAt)))
      throw new CursorExpiredError();
    return seq;
  }

  async function* read(
    workspaceId: string,
    { types, after }: FollowOptions,
    tail: Tail,
    signal: AbortSignal,
  ): AsyncGenerator<LoggedEvent, undefined> {
    let seq = after === undefined || after === null ? await tail.newest() : await startAfter(workspaceId, after);
    while (!signal.aborted) {
      const look = tail.look(seq, types);
      if (look === 'NOTHING') await tail.read(signal);
      else if (look === 'NOT_KEPT') {
        const { events, upTo } = await rows.page(workspaceId, types, seq);
        yield* events;
        // A type that the tail does not read yet: it will after its next turn.
        if (upTo === seq) await tail.read(signal);
        seq = upTo;
      } else {
        yield look;
        seq = look.seq;
      }
    }
  }

  async function* following(
    workspaceId: string,
    options: FollowOptions,
    signal: AbortSignal,
  ): AsyncGenerator<LoggedEvent, undefined> {
    const tail = tails.join(workspaceId, options.types);
    try {
      yield* read(workspaceId, options, tail, signal);
    } finally {
      await tail.leave();
    }
  }

  return {
    follow: (workspaceId, options) => {
      const left = new AbortController();
      const signal = options.signal ? AbortSignal.any([left.signal, options.signal]) : left.signal;
      const reader = following(workspaceId, options, signal);
      return {
        next: () => reader.next(),
        // A generator that waits for the tail can't be returned before it moves; leaving ends the waiting.
        return: () => {
          left.abort();
          return reader.return(undefined);
        },
        [Symbol.asyncIterator]() {
          return this;
        },
      };
    },
  };
}
