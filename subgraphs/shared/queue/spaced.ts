import { type Pause, pauseAfter } from '../batching/pause-after.ts';

/** A call and the pause after it, which begins when the call has ended: no two of a key are ever under way. */
interface Turn {
  /** What was asked for meanwhile. */
  again: (() => Promise<void>) | null;
  /** Null while the call itself is under way. */
  timer: NodeJS.Timeout | null;
}

export interface Spaced {
  /** Calls `send` now, or once at the end of the pause that the last call of this key began, and then does not wait for it. */
  ask(key: string, send: () => Promise<void>): Promise<void>;
  /** Sends at once what still waits for its pause to end. */
  close(): Promise<void>;
}

/** At most one call per key and pause: a quiet system waits for nothing, and a busy one asks once for many. */
export function spaced(pause: Pause, onError: (error: unknown) => void): Spaced {
  const turns = new Map<string, Turn>();

  async function send(key: string, call: () => Promise<void>): Promise<void> {
    const turn: Turn = { again: null, timer: null };
    turns.set(key, turn);
    const began = performance.now();
    try {
      await call();
    } catch (error) {
      // Nothing was said: whoever asks next is not to wait.
      if (turn.again === null && turns.get(key) === turn) turns.delete(key);
      throw error;
    } finally {
      if (turns.get(key) === turn)
        turn.timer = setTimeout(() => void end(key), pauseAfter(performance.now() - began, pause)).unref();
    }
  }

  async function end(key: string): Promise<void> {
    const turn = turns.get(key);
    turns.delete(key);
    if (turn?.again) await send(key, turn.again).catch(onError);
  }

  return {
    ask: async (key, call) => {
      const turn = turns.get(key);
      if (turn) turn.again = call;
      else await send(key, call);
    },
    close: async () => {
      const waiting = [...turns.values()];
      turns.clear();
      for (const { timer } of waiting) if (timer !== null) clearTimeout(timer);
      await Promise.all(waiting.flatMap(({ again }) => (again ? [again().catch(onError)] : [])));
    },
  };
}
