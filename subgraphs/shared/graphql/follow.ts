import type { LoggedEvent } from '../events/log.ts';

/** Turns logged events into what a subscription shows. Leaving the subscription leaves the log. */
export function mapFollowed<Shown>(
  source: AsyncIterableIterator<LoggedEvent>,
  show: (logged: LoggedEvent) => Shown,
): AsyncIterableIterator<Shown> {
  return {
    next: async () => {
      const step = await source.next();
      return step.done === true ? { done: true, value: undefined } : { done: false, value: show(step.value) };
    },
    return: async () => {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
