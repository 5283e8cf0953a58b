/** What was asked for while the pause after the last call runs. */
interface Pause {
  again: (() => Promise<void>) | null;
  readonly timer: NodeJS.Timeout;
}

export interface Spaced {
  /** Calls `send` now, or once at the end of the pause that the last call of this key began, and then does not wait for it. */
  ask(key: string, send: () => Promise<void>): Promise<void>;
  /** Sends at once what still waits for its pause to end. */
  close(): Promise<void>;
}

/** At most one call per key in so many milliseconds: a quiet system waits for nothing, and a busy one asks once for many. */
export function spaced(everyMs: number, onError: (error: unknown) => void): Spaced {
  const pauses = new Map<string, Pause>();

  async function send(key: string, call: () => Promise<void>): Promise<void> {
    const timer = setTimeout(() => void end(key), everyMs);
    timer.unref();
    pauses.set(key, { again: null, timer });
    try {
      await call();
    } catch (error) {
      // Nothing was said: whoever asks next is not to wait.
      if (pauses.get(key)?.again === null) {
        clearTimeout(timer);
        pauses.delete(key);
      }
      throw error;
    }
  }

  async function end(key: string): Promise<void> {
    const pause = pauses.get(key);
    pauses.delete(key);
    if (pause?.again) await send(key, pause.again).catch(onError);
  }

  return {
    ask: async (key, call) => {
      const pause = pauses.get(key);
      if (pause) pause.again = call;
      else await send(key, call);
    },
    close: async () => {
      const waiting = [...pauses.values()];
      pauses.clear();
      for (const { timer } of waiting) clearTimeout(timer);
      await Promise.all(waiting.flatMap(({ again }) => (again ? [again().catch(onError)] : [])));
    },
  };
}
