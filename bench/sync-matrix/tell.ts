import { closeSync, openSync, writeSync } from 'node:fs';
import path from 'node:path';
import { type ConnectedPair, modesOf } from '../stripe-webhooks/connected.ts';
import { stripeOf } from '../stripe-webhooks/stripe-of.ts';
import type { Scratch } from '../support/scratch.ts';
import type { Stand } from './run.ts';
import { sendAll, type SendingOptions, type SentAll } from './sender.ts';
import { type Arrival, type History, makeTraffic, type ToSend } from './traffic.ts';

/** A history that is ready to be told, and its Stripe, which the product asks back. */
export interface Prepared {
  /** Holds deliveries.jsonl and expected.jsonl. */
  readonly folder: string;
  readonly deliveries: readonly ToSend[];
  /** Its Stripe, behind the one that the product asks. */
  readonly stripeUrl: string;
  /** Stripe moves to where it was when the n-th delivery left: nothing has happened at 0. */
  readonly moveTo: (n: number) => void;
}

export async function prepare(stand: Stand, of: History & Arrival, scratch: Scratch): Promise<Prepared> {
  const { tools, stripe } = stand;
  const folder = scratch.folder('sync-run');
  const deliveries = makeTraffic(tools, folder, of);
  const progress = path.join(folder, 'sent');
  const file = openSync(progress, 'w');
  scratch.add(() => {
    closeSync(file);
  });
  // Written over in one go: to whoever finds the file empty nothing has happened yet, and every object would be gone for that moment.
  const moveTo = (n: number): void => {
    writeSync(file, String(n).padStart(10, '0'), 0);
  };
  moveTo(0);
  const logFile = path.join(folder, 'serve.log');
  const stripeUrl = await stripeOf({ tools, traffic: folder, progress, logFile }, scratch);
  stripe.standsBefore(stripeUrl);
  return { folder, deliveries, stripeUrl, moveTo };
}

/**
 * Sends what has not happened before `from`. Events of live mode go to the endpoint of live mode too; that of test mode gets them as
 * well, as Stripe sends them, and must not take them for its own.
 */
export async function tell(
  { deliveries, moveTo }: Prepared,
  pair: ConnectedPair,
  options: Omit<SendingOptions, 'onLeaving'>,
  from = 0,
): Promise<SentAll & { readonly posts: number }> {
  const posts = deliveries.slice(from).flatMap(({ body, livemode }, index) =>
    modesOf(pair)
      .filter((mode) => livemode || !mode.livemode)
      .map(({ target }) => ({ body, target, position: from + index + 1 })),
  );
  const sent = await sendAll(posts, {
    ...options,
    onLeaving: (n) => {
      moveTo(posts[n - 1]?.position ?? 0);
    },
  });
  return { ...sent, posts: posts.length };
}
