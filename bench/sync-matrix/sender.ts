import { setTimeout as sleep } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';
import type { Target } from '../stripe-webhooks/contestant.ts';

export interface Post {
  readonly target: Target;
  readonly body: Buffer;
}

export interface SentAll {
  /** Posts that were answered 2xx, each in the end. */
  readonly accepted: number;
  /** Attempts that had to be made again: the connection was refused or broke off, or the answer was a 5xx. */
  readonly repeated: number;
  /** Posts that were answered with something else, by which: a rightly signed delivery never is. */
  readonly refused: Readonly<Record<string, number>>;
}

export interface SendingOptions {
  readonly connections: number;
  /** Before the n-th post leaves for the first time. */
  onLeaving(n: number): void;
  /** After so many were accepted. */
  onAccepted(count: number): void;
  /** Of [0, 1). */
  readonly random: () => number;
  readonly withinMs: number;
  /** Of each connection between two posts, so that they are spread over what happens meanwhile; none unless given. */
  readonly pauseMs?: number;
}

/** Stripe waits up to three days; who is killed here is back in seconds. */
const SHORTEST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 1_500;
/** As long as Stripe waits for an answer. */
const ANSWER_WITHIN_MS = 20_000;
/** Before a connection that was refused, or had nothing to send, is tried again. */
const PAUSE_MS = 250;

interface Waiting {
  readonly post: Post;
  readonly dueAt: number;
}

/**
 * Sends as Stripe does: in the order given, several at once, each signed anew, and whatever is not accepted again, later than what follows it.
 * @throws when the time is over before each is accepted.
 */
export async function sendAll(posts: readonly Post[], options: SendingOptions): Promise<SentAll> {
  const agent = new Agent({
    connections: options.connections,
    pipelining: 1,
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
  });
  const deadline = Date.now() + options.withinMs;
  const refused: Record<string, number> = {};
  const waiting: Waiting[] = [];
  let [left, underWay, accepted, repeated] = [0, 0, 0, 0];

  const next = (): Post | undefined => {
    const due = waiting.findIndex(({ dueAt }) => dueAt <= Date.now());
    if (due >= 0) return waiting.splice(due, 1)[0]?.post;
    const post = posts[left];
    if (post === undefined) return undefined;
    left += 1;
    options.onLeaving(left);
    return post;
  };
  const isOver = (): boolean => left === posts.length && waiting.length === 0 && underWay === 0;
  const again = (post: Post): void => {
    repeated += 1;
    const wait = SHORTEST_WAIT_MS + options.random() * (LONGEST_WAIT_MS - SHORTEST_WAIT_MS);
    waiting.push({ post, dueAt: Date.now() + wait });
  };
  const connection = async (): Promise<void> => {
    while (!isOver()) {
      if (Date.now() > deadline)
        throw new Error(`After ${String(options.withinMs)} ms ${String(accepted)} were accepted`);
      const post = next();
      if (post === undefined) {
        await sleep(PAUSE_MS);
        continue;
      }
      underWay += 1;
      const status = await answerTo(agent, post);
      underWay -= 1;
      if (status === null) {
        again(post);
        await sleep(PAUSE_MS);
      } else if (status >= 500) {
        again(post);
      } else if (status >= 200 && status < 300) {
        accepted += 1;
        options.onAccepted(accepted);
        if (options.pauseMs !== undefined) await sleep(options.pauseMs);
      } else {
        refused[String(status)] = (refused[String(status)] ?? 0) + 1;
      }
    }
  };
  try {
    await Promise.all(Array.from({ length: options.connections }, connection));
  } finally {
    await agent.destroy();
  }
  return { accepted, repeated, refused };
}

/** The status of the answer; null when there was none. */
export async function answerTo(dispatcher: Agent, { target, body }: Post): Promise<number | null> {
  try {
    const { statusCode, body: answer } = await request(target.url, {
      dispatcher,
      method: 'POST',
      headers: {
        'content-type': 'application/json; charset=utf-8',
        'stripe-signature': signStripePayload(body, target.secret, new Date()),
      },
      body,
    });
    await answer.dump();
    return statusCode;
  } catch {
    return null;
  }
}
