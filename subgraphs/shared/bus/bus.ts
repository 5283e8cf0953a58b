import type { Json } from '../json/json.ts';

/** Tells other processes that something moved. Carries no truth: a message may be lost, repeated or late. */
export interface Bus {
  publish(topic: string, message: Json): Promise<void>;
  /** @returns the way to leave again. */
  subscribe(topic: string, onMessage: (message: Json) => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}
