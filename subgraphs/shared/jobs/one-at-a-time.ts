import type { Lane } from './lane.ts';

/**
 * A lane's drain, of one workspace once at a time within this process. The queue and the sweeper may ask at once, and the second would do half of
 * the first one's work again, waiting for its locks with a connection in hand. Whoever asks while it runs waits for it, and it looks once more
 * before it ends, so that no row falls between.
 */
export function oneAtATime(drain: (workspaceId: string) => Promise<void>): Lane['drain'] {
  const running = new Map<string, { again: boolean; readonly done: Promise<void> }>();

  async function untilNobodyAsks(workspaceId: string): Promise<void> {
    try {
      for (;;) {
        await drain(workspaceId);
        const run = running.get(workspaceId);
        if (run?.again !== true) return;
        run.again = false;
      }
    } finally {
      running.delete(workspaceId);
    }
  }

  return (workspaceId) => {
    const run = running.get(workspaceId);
    if (run) {
      run.again = true;
      return run.done;
    }
    const done = Promise.resolve().then(() => untilNobodyAsks(workspaceId));
    running.set(workspaceId, { again: false, done });
    return done;
  };
}
