import { random } from '../crash/random.mjs';
import { connectPair, disconnectPair, modesOf, type ProductAt } from '../stripe-webhooks/connected.ts';
import type { Drained } from '../stripe-webhooks/contestant.ts';
import { untilDrained } from '../stripe-webhooks/drained.ts';
import { dumpMirror } from '../stripe-webhooks/mirror-dump.ts';
import type { StripeFront } from '../stripe-webhooks/stripe-front.ts';
import { verdictOf, wrongIn } from '../stripe-webhooks/verdict.ts';
import { Scratch } from '../support/scratch.ts';
import { wrongEffects } from './effects.ts';
import { type Children, Kills, type Victim } from './kills.ts';
import { hashOf, mirrorState } from './mirror-state.ts';
import { Replays } from './replays.ts';
import { prepare, tell } from './tell.ts';
import type { Arrival, History } from './traffic.ts';

/** One history at Stripe, told in one way, to a product whose processes are killed meanwhile. */
export interface Run extends History, Arrival {
  readonly connections: number;
  readonly kills: readonly Victim[];
  /** How often all that came so far is applied once more, from the middle of the deliveries on. */
  readonly replays?: number;
}

/** A product that runs, whose Stripe we are. */
export interface Stand {
  readonly product: ProductAt;
  readonly children: Children;
  readonly stripe: StripeFront;
  /** The drivers: what generates the traffic, plays Stripe and verifies. */
  readonly tools: string;
}

export interface Outcome {
  readonly deliveries: number;
  /** Sent again because nobody answered or could keep it. */
  readonly repeated: number;
  /** What is not as it should be, in words: empty when the run shows what it is to show. */
  readonly wrong: readonly string[];
  readonly objects: number;
  /** Objects that had to be read from Stripe. */
  readonly rereads: number;
  /** The same for each order of arrival and any kills of one history. */
  readonly hash: string;
  /** What the hash is of. */
  readonly state: readonly string[];
  readonly seconds: number;
}

const SENT_WITHIN_MS = 240_000;
const DRAINED_WITHIN_MS = 240_000;

/** Plays the run on the stand, in a workspace of its own. @throws when it does not come to its end, which is as bad as a wrong object. */
export async function carryOut(stand: Stand, run: Run): Promise<Outcome> {
  const startedAt = performance.now();
  const scratch = new Scratch();
  try {
    const { product } = stand;
    const { admin } = product;
    const prepared = await prepare(stand, run, scratch);
    const { folder, deliveries } = prepared;
    const pair = await connectPair(product, { live: deliveries.some(({ livemode }) => livemode) });
    const chance = random(run.seed * 1_000 + run.connections);
    const kills = new Kills(stand.children, { victims: run.kills, deliveries: deliveries.length, random: chance });
    const replays = new Replays(product, pair.test, { times: run.replays ?? 0, deliveries: deliveries.length });
    const sent = await tell(prepared, pair, {
      connections: run.connections,
      random: chance,
      withinMs: SENT_WITHIN_MS,
      onAccepted: (count) => {
        kills.accepted(count);
        replays.accepted(count);
      },
    });
    await kills.end();
    const wrong = Object.entries(sent.refused).map(([status, n]) => `${String(n)} deliveries answered ${status}`);
    wrong.push(...(await replays.wrong()));
    const both = modesOf(pair);
    for (const { workspaceId } of both) {
      const drained = await untilDrained(admin, workspaceId, DRAINED_WITHIN_MS);
      wrong.push(...notDone(drained), ...(await wrongEffects(admin, workspaceId)));
    }
    const verdict = verdictOf(stand.tools, folder, await dumpMirror(admin, both));
    if (wrongIn(verdict) > 0) wrong.push(`${String(wrongIn(verdict))} objects wrong: ${verdict.examples.join(' ')}`);
    const state = await mirrorState(admin, both);
    const rereads = await rereadsOf(product, pair.test.workspaceId);
    await disconnectPair(product, pair);
    return {
      deliveries: sent.posts,
      repeated: sent.repeated,
      wrong,
      objects: verdict.expected,
      rereads,
      hash: hashOf(state),
      state,
      seconds: (performance.now() - startedAt) / 1_000,
    };
  } finally {
    await scratch.run();
  }
}

/** Deliveries that are applied later, or never, and work that nobody does. */
function notDone({ complete, states, reasons }: Drained): string[] {
  const ended = new Set(['APPLIED', 'IGNORED']);
  const left = Object.entries(states).filter(([state]) => !ended.has(state));
  return [
    ...left.map(([state, n]) => `${String(n)} deliveries ${state}: ${JSON.stringify(reasons)}`),
    ...(complete ? [] : ['not all that follows was done in time']),
  ];
}

async function rereadsOf({ admin }: ProductAt, workspaceId: string): Promise<number> {
  const { rows } = await admin.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM kernel.job WHERE workspace_id = $1 AND kind = 'billing.refetch'`,
    [workspaceId],
  );
  return rows[0]?.n ?? 0;
}
