import { AsyncLocalStorage } from 'node:async_hooks';
import type { Bus } from '../bus/bus.ts';
import { streamTopic } from './dispatcher.ts';
import type { LoggedEvent, LogPage, LogRows } from './log-rows.ts';

export interface TailDeps {
  readonly rows: Pick<LogRows, 'heads' | 'head' | 'page'>;
  readonly bus: Bus;
  /** A notification that is lost delays readers by this much at most. */
  readonly pollMs: number;
  /** Newest events kept for those who follow closely. */
  readonly kept: number;
}

/** What comes after a place: an event, nothing yet, or something that is no longer (or was never) kept here. */
export type Look = LoggedEvent | 'NOTHING' | 'NOT_KEPT';

/** The one reader of a workspace's newest events in this process, while anybody follows them. */
export interface Tail {
  /** The newest number of a moment after the call. */
  newest(): Promise<bigint>;
  look(seq: bigint, types: readonly string[]): Look;
  /** Resolves when the log was read again, or when the follower gives up. @throws what the reading failed with. */
  read(signal: AbortSignal): Promise<void>;
  /** Leaves. The last one to leave ends the reading. */
  leave(): Promise<void>;
}

/** The reading belongs to nobody's request: it must not run in the context (trace, workspace) of whoever came first. */
const outside = AsyncLocalStorage.snapshot();

/** Tails by workspace: whoever joins one that is being read shares it. */
export function createTails(deps: TailDeps): { join(workspaceId: string, types: readonly string[]): Tail } {
  const tails = new Map<string, SharedTail>();
  const watch = watchHeads(deps, tails);
  return {
    join: (workspaceId, types) => {
      let tail = tails.get(workspaceId);
      if (tail === undefined) {
        const made = new SharedTail(workspaceId, deps, () => {
          if (tails.get(workspaceId) === made) tails.delete(workspaceId);
        });
        tails.set(workspaceId, (tail = made));
        outside(() => {
          made.start();
          watch();
        });
      }
      return tail.join(types);
    },
  };
}

/**
 * What no message told is seen by looking: one statement for all workspaces that are followed, however many, and only those that have moved
 * read. A look that fails is as good as none: who follows learns of an outage when there is something to read.
 */
function watchHeads(
  { rows, pollMs }: Pick<TailDeps, 'rows' | 'pollMs'>,
  tails: ReadonlyMap<string, SharedTail>,
): () => void {
  let watching = false;
  const look = async (): Promise<void> => {
    for (const [workspaceId, newest] of await rows.heads([...tails.keys()])) tails.get(workspaceId)?.told(newest);
  };
  const later = (): void => {
    watching = tails.size > 0;
    if (watching) setTimeout(() => void look().then(later, later), pollMs).unref();
  };
  return () => {
    if (!watching) later();
  };
}

interface Asker {
  readonly answer: (newest: bigint) => void;
  readonly refuse: (error: Error) => void;
}

/**
 * Reads all types that its followers want with one statement per advance, however many they are. It keeps a bounded number of events;
 * followers keep their number alone, and who is further back than what is kept reads pages for itself until it is not.
 */
class SharedTail {
  readonly #workspaceId: string;
  readonly #deps: TailDeps;
  readonly #onEnd: () => void;
  /** Followers by type. */
  readonly #wanted = new Map<string, number>();
  /** From which number on the events of a type are here: a type that is asked for later was not read before. */
  readonly #since = new Map<string, bigint>();
  readonly #events: LoggedEvent[] = [];
  /** Events past this number are kept. */
  #floor = 0n;
  #position: bigint | null = null;
  #followers = 0;
  #askers: Asker[] = [];
  readonly #waiting = new Set<Asker>();
  #failure: Error | null = null;
  #ended = false;
  #rung = false;
  #wake: (() => void) | null = null;
  #running: Promise<void> = Promise.resolve();

  constructor(workspaceId: string, deps: TailDeps, onEnd: () => void) {
    this.#workspaceId = workspaceId;
    this.#deps = deps;
    this.#onEnd = onEnd;
  }

  start(): void {
    this.#running = this.#run();
  }

  join(types: readonly string[]): Tail {
    let left = false;
    this.#followers += 1;
    for (const type of types) this.#wanted.set(type, (this.#wanted.get(type) ?? 0) + 1);
    // A type that was not read until now is read from the next turn on.
    if (types.some((type) => !this.#since.has(type))) this.#ring();
    return {
      newest: async () => this.#ask(),
      look: (seq, wanted) => this.#look(seq, wanted),
      read: async (signal) => this.#nextTurn(signal),
      leave: async () => {
        if (left) return;
        left = true;
        await this.#left(types);
      },
    };
  }

  async #left(types: readonly string[]): Promise<void> {
    for (const type of types) {
      const others = (this.#wanted.get(type) ?? 1) - 1;
      if (others === 0) this.#wanted.delete(type);
      else this.#wanted.set(type, others);
    }
    this.#followers -= 1;
    if (this.#followers > 0) return;
    this.#ended = true;
    this.#onEnd();
    this.#ring();
    await this.#running;
  }

  async #run(): Promise<void> {
    try {
      // Subscribed before anything is read: what is numbered in between rings.
      const unsubscribe = await this.#deps.bus.subscribe(streamTopic(this.#workspaceId), (message) => {
        this.told(numberIn(message));
      });
      try {
        while (!this.#ended) await this.#turn();
      } finally {
        await unsubscribe();
      }
    } catch (error) {
      // All of them hear of it, and whoever comes again begins anew.
      const failure = error instanceof Error ? error : new Error(String(error));
      this.#failure = failure;
      this.#onEnd();
      for (const { refuse } of [...this.#askers.splice(0), ...this.#waiting]) refuse(failure);
    }
  }

  /** One statement, then rest until something rings. */
  async #turn(): Promise<void> {
    this.#rung = false;
    const asked = this.#askers.splice(0);
    try {
      const last = await this.#advance();
      if (last) for (const { answer } of asked.splice(0)) answer(this.#position ?? 0n);
      else this.#rung = true;
    } finally {
      this.#askers.unshift(...asked);
    }
    for (const { answer } of [...this.#waiting]) answer(this.#position ?? 0n);
    await this.#rest();
  }

  /** @returns whether it reached the newest number. */
  async #advance(): Promise<boolean> {
    const types = [...this.#wanted.keys()];
    if (this.#position === null) {
      this.#position = await this.#deps.rows.head(this.#workspaceId);
      this.#floor = this.#position;
      for (const type of types) this.#since.set(type, this.#position);
      return true;
    }
    for (const type of this.#since.keys()) if (!this.#wanted.has(type)) this.#since.delete(type);
    for (const type of types) if (!this.#since.has(type)) this.#since.set(type, this.#position);
    const page = await this.#deps.rows.page(this.#workspaceId, types, this.#position);
    this.#keep(page);
    return page.last;
  }

  #keep({ events, upTo }: LogPage): void {
    this.#events.push(...events);
    this.#position = upTo;
    const dropped = this.#events.splice(0, Math.max(0, this.#events.length - this.#deps.kept)).at(-1);
    if (dropped !== undefined) this.#floor = dropped.seq;
  }

  #look(seq: bigint, types: readonly string[]): Look {
    const isKept = seq >= this.#floor && types.every((type) => (this.#since.get(type) ?? seq + 1n) <= seq);
    if (!isKept) return 'NOT_KEPT';
    for (let index = this.#firstPast(seq); index < this.#events.length; index += 1) {
      const event = this.#events[index];
      if (event !== undefined && types.includes(event.event.type)) return event;
    }
    return 'NOTHING';
  }

  #firstPast(seq: bigint): number {
    let [from, to] = [0, this.#events.length];
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#events[middle]?.seq ?? 0n) > seq) to = middle;
      else from = middle + 1;
    }
    return from;
  }

  async #ask(): Promise<bigint> {
    return new Promise((answer, refuse) => {
      if (this.#failure !== null) {
        refuse(this.#failure);
        return;
      }
      this.#askers.push({ answer, refuse });
      this.#ring();
    });
  }

  async #nextTurn(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      const stop = (): void => {
        this.#waiting.delete(waiting);
        signal.removeEventListener('abort', waiting.answer);
      };
      const waiting = {
        answer: (): void => {
          stop();
          resolve();
        },
        refuse: (error: Error): void => {
          stop();
          reject(error);
        },
      };
      this.#waiting.add(waiting);
      if (signal.aborted) waiting.answer();
      else signal.addEventListener('abort', waiting.answer, { once: true });
    });
  }

  /** How far the stream is, by whoever knows; what was read already needs no statement. */
  told(newest: bigint | null): void {
    if (newest === null || this.#position === null || newest > this.#position) this.#ring();
  }

  #ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  async #rest(): Promise<void> {
    if (this.#rung || this.#ended) return;
    await new Promise<void>((resolve) => (this.#wake = resolve));
    this.#wake = null;
  }
}

function numberIn(message: unknown): bigint | null {
  const told = typeof message === 'object' && message !== null && 'seq' in message ? message.seq : null;
  return typeof told === 'string' && /^\d{1,18}$/.test(told) ? BigInt(told) : null;
}
