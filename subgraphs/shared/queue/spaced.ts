/** The pause after a call. It begins when the call has ended, so that no two of a key are ever under way. */
interface Pause {
  /** What was asked for meanwhile. */
  again: (() => Promise<void>) | null;
  /** Null while the call itself is under way. */
  timer: NodeJS.Timeout | null;
}

/** How long the pause is, in ms: so many times what the call before it took, within bounds. The busier the machine, the rarer the calls. */
export interface Spacing {
  readonly least: number;
  readonly most: number;
  readonly times: number;
}

export interface Spaced {
  /** Calls `send` now, or once at the end of the pause that the last call of this key began, and then does not wait for it. */
  ask(key: string, send: () => Promise<void>): Promise<void>;
  /** Sends at once what still waits for its pause to end. */
  close(): Promise<void>;
}

/** At most one call per key and pause: a quiet system waits for nothing, and a busy one asks once for many. */
export function spaced({ least, most, times }: Spacing, onError: (error: unknown) => void): Spaced {
  const pauses = new Map<string, Pause>();

  async function send(key: string, call: () => Promise<void>): Promise<void> {
    const pause: Pause = { again: null, timer: null };
    pauses.set(key, pause);
    const began = performance.now();
    try {
      await call();
    } catch (error) {
      // Nothing was said: whoever asks next is not to wait.
      if (pause.again === null && pauses.get(key) === pause) pauses.delete(key);
      throw error;
    } finally {
      const took = performance.now() - began;
      if (pauses.get(key) === pause)
        pause.timer = setTimeout(() => void end(key), Math.min(Math.max(times * took, least), most)).unref();
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
      for (const { timer } of waiting) if (timer !== null) clearTimeout(timer);
      await Promise.all(waiting.flatMap(({ again }) => (again ? [again().catch(onError)] : [])));
    },
  };
}
