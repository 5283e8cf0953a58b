import { setTimeout as sleep } from 'node:timers/promises';
import { createWorkspaceAt } from '#cli/commands/workspace-create.ts';
import { random } from '../crash/random.mjs';
import { accountOf, beginConnecting, disconnectPair } from '../stripe-webhooks/connected.ts';
import { untilDrained } from '../stripe-webhooks/drained.ts';
import { dumpMirror } from '../stripe-webhooks/mirror-dump.ts';
import { verdictOf, wrongIn } from '../stripe-webhooks/verdict.ts';
import { Scratch } from '../support/scratch.ts';
import { Kills } from './kills.ts';
import type { Stand } from './run.ts';
import { prepare, tell } from './tell.ts';
import type { Arrival, History } from './traffic.ts';

/** An account is connected in the middle of a history: the backfill reads what was before while the rest is told. */
export interface Race extends History, Arrival {
  /** How many deliveries are told; those before them are only read. */
  readonly webhooks: number;
  readonly connections: number;
  /** Of Stripe's answers; the state that they show is that of half of this ago. */
  readonly latencyMs: number;
  /** Of each connection between two deliveries. */
  readonly pauseMs: number;
}

export interface RaceOutcome {
  readonly wrong: readonly string[];
  /** Lists that were answered, and those of them that were answered before. */
  readonly pages: number;
  readonly again: readonly string[];
}

const OVER_WITHIN_MS = 240_000;

/** The worker is killed when the backfill is half done. */
export async function carryOutRace(stand: Stand, race: Race): Promise<RaceOutcome> {
  const scratch = new Scratch();
  try {
    const { product, children, stripe, tools } = stand;
    const prepared = await prepare(stand, race, scratch);
    await fetch(`${prepared.stripeUrl}/__serve/config`, {
      method: 'POST',
      body: JSON.stringify({ latency: race.latencyMs }),
    });
    const before = Math.max(0, prepared.deliveries.length - race.webhooks);
    prepared.moveTo(before);
    const workspace = await createWorkspaceAt(product.graphqlUrl, product.operatorToken, { name: 'Race' });
    const connecting = await beginConnecting(product.graphqlUrl, 'test', workspace);

    const kills = new Kills(children, { victims: ['worker'], deliveries: Infinity, random: random(race.seed) });
    const killed = untilHalf(stand, connecting.workspaceId).then(() => kills.end());
    const telling = { connections: race.connections, pauseMs: race.pauseMs, random: random(race.seed) };
    const [sent] = await Promise.all([
      tell(
        prepared,
        { test: { ...connecting, account: '' }, live: null },
        { ...telling, withinMs: OVER_WITHIN_MS, onAccepted: () => undefined },
        before,
      ),
      killed,
    ]);
    const account = await accountOf(product.graphqlUrl, connecting, OVER_WITHIN_MS);
    const connected = { ...connecting, account };
    const { complete, states } = await untilDrained(product.admin, connected.workspaceId, OVER_WITHIN_MS);
    const verdict = verdictOf(tools, prepared.folder, await dumpMirror(product.admin, [connected]));
    const wrong = [
      ...Object.entries(sent.refused).map(([status, n]) => `${String(n)} deliveries answered ${status}`),
      ...(complete ? [] : [`not all is done: ${JSON.stringify(states)}`]),
      ...(wrongIn(verdict) === 0 ? [] : [`${String(wrongIn(verdict))} objects wrong: ${verdict.examples.join(' ')}`]),
    ];
    const pages = stripe.answered.filter(
      (asked) => /^GET .*[?&]limit=/.test(asked) && !/test_clocks|\/events/.test(asked),
    );
    const again = pages.filter((page, index) => pages.indexOf(page) !== index);
    await disconnectPair(product, { test: connected, live: null });
    return { wrong, pages: pages.length, again };
  } finally {
    await scratch.run();
  }
}

async function untilHalf({ product }: Stand, workspaceId: string): Promise<void> {
  for (;;) {
    const { rows } = await product.admin.query<{ bps: number }>(
      'SELECT progress_bps AS bps FROM accounts.sync_run WHERE workspace_id = $1',
      [workspaceId],
    );
    if ((rows[0]?.bps ?? 0) >= 5_000) return;
    await sleep(20);
  }
}
