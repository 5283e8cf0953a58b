import { AsyncLocalStorage } from 'node:async_hooks';

/** A value that all that `run` calls finds, however deep and however late, without its being handed on. */
export interface Ambient<T> {
  run<R>(value: T, fn: () => R): R;
  get(): T | undefined;
}

// One for all of them: until Node 24 each AsyncLocalStorage takes its time whenever a promise is made, anywhere in the process.
const all = new AsyncLocalStorage<Readonly<Record<symbol, unknown>>>();

export function createAmbient<T>(name: string): Ambient<T> {
  const key = Symbol(name);
  return {
    run: (value, fn) => all.run({ ...all.getStore(), [key]: value }, fn),
    get: () => all.getStore()?.[key] as T | undefined,
  };
}
