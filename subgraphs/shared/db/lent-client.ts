import type pg from 'pg';
import { createAmbient } from '../ambient/ambient.ts';

/** The connection that a transaction runs on, while it runs. */
interface Lent {
  client: pg.ClientBase | null;
  over: boolean;
}

const lending = createAmbient<Lent>('lent client');
const holders = new WeakMap<pg.ClientBase, Lent>();

/**
 * Runs `fn` and lets it know the connection that is lent first inside of it: the one of the transaction that it begins.
 * `client()` throws once that connection went back to the pool, which it does when the transaction has ended or took too long.
 */
export function withLentClient<T>(fn: (client: () => pg.ClientBase) => Promise<T>): Promise<T> {
  const lent: Lent = { client: null, over: false };
  return lending.run(lent, () =>
    fn(() => {
      if (lent.client === null) throw new Error('The transaction is over.');
      return lent.client;
    }),
  );
}

/** To be told by the pool. */
export function noteLent(client: pg.ClientBase): void {
  const lent = lending.get();
  if (lent?.client !== null || lent.over) return;
  lent.client = client;
  holders.set(client, lent);
}

/** To be told by the pool: whoever held it must not send anything on it any more. */
export function noteReturned(client: pg.ClientBase): void {
  const lent = holders.get(client);
  if (lent) Object.assign(lent, { client: null, over: true });
  holders.delete(client);
}
