import { randomBytes } from 'node:crypto';
import { connectStripeAt } from '../commands/connection-create.ts';
import { createWorkspaceAt } from '../commands/workspace-create.ts';
import type { RunInfo } from '../embedded/run-file.ts';
import { graphAt, type Graph, RESTART_PATIENCE_MS } from '../graph.ts';
import { rememberKey } from '../instance.ts';
import { outboxUrlFor } from '../outbox-url.ts';
import { enterNewCard } from './customer.ts';
import { followJob } from './jobs.ts';
import { type LiveEvent, watchRecoveries } from './live.ts';
import { openShop } from './merchant.ts';
import { say, sayEvent } from './narrate.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const SUMMARY = `{ recoverySummary(input: {}) { currencies { currency casesOpened casesRecovered recoveredAmount { amount currency } } } }`;
const ADVANCE = `mutation Advance($input: AdvanceTestClockInput!) { advanceTestClock(input: $input) { __typename ... on Job { id } ... on UserError { message } } }`;

interface Summary {
  recoverySummary: {
    currencies: {
      currency: string;
      casesOpened: number;
      casesRecovered: number;
      recoveredAmount: { amount: string; currency: string };
    }[];
  };
}

export interface StoryEnd {
  readonly apiKey: string;
  readonly outboxUrl: string;
}

/** A failed renewal, from Stripe's webhook to the recovered payment, told as it happens. @throws when any step doesn't come about. */
export async function tellStory(info: RunInfo, operatorToken: string, masterKey: string): Promise<StoryEnd> {
  const sandboxUrl = info.sandbox?.url;
  if (sandboxUrl === undefined) throw new Error('The story needs the Stripe sandbox. Unset STRIPE_API_BASE.');
  const startedAt = performance.now();

  say('\nA SaaS company with five subscribers, three seats each at 49.00 USD');
  const merchant = await openShop(sandboxUrl, `sk_test_${randomBytes(10).toString('hex')}`, new Date());
  const [unlucky] = merchant.subscribers;
  if (!unlucky) throw new Error('The shop has no subscribers');
  const workspace = await createWorkspaceAt(info.graphqlUrl, operatorToken, { name: 'Demo company' });
  rememberKey(info.dataDir, workspace.apiKey);
  const graph = graphAt(info.graphqlUrl, workspace.apiKey, { patienceMs: RESTART_PATIENCE_MS });

  say('\nIts Stripe account is connected: createConnection');
  const connection = await connectStripeAt(info.graphqlUrl, workspace.apiKey, { apiKey: merchant.stripeKey });
  if (connection.jobId !== null)
    await followJob(info.subscriptionsUrl, workspace.apiKey, connection.jobId, (line) => {
      say(`    ${line}`);
    });

  const live = watchRecoveries(info.subscriptionsUrl, workspace.apiKey, sayEvent);
  try {
    say(`\nA month passes: advanceTestClock. The card of ${unlucky.name} has no funds any more`);
    await merchant.letCardFail(unlucky);
    // Together: whichever fails first ends the story, and the other is not left to fail unheard.
    await Promise.all([
      live.until('LINK_CREATED', 60_000),
      advance(graph, info, workspace.apiKey, new Date(merchant.renewsAt.getTime() + 2 * DAY_MS)),
    ]);

    say('\nThe customer opens the link from the mail, and enters a new card on the hosted page');
    const link = await magicLink(info, masterKey, workspace.workspaceId, workspace.apiKey);
    await enterNewCard(link, { number: '4242424242424242', name: unlucky.name });
    const recovered = await live.until('CASE_RECOVERED', 30_000);

    const summary = await summaryWith(graph, 1);
    say(`\nrecoverySummary, from ClickHouse: ${summary}`);
    say(`Recovered in ${((performance.now() - startedAt) / 1000).toFixed(1)} s. ${countsOf(live.seen, recovered)}`);
  } finally {
    await live.close();
  }
  return { apiKey: workspace.apiKey, outboxUrl: await outboxUrlFor(info.url, masterKey, workspace.workspaceId) };
}

async function advance(graph: Graph, info: RunInfo, apiKey: string, to: Date): Promise<void> {
  const { advanceTestClock } = await graph.run<{ advanceTestClock: { id?: string; message?: string } }>(ADVANCE, {
    input: { to: to.toISOString() },
  });
  if (advanceTestClock.id === undefined)
    throw new Error(advanceTestClock.message ?? 'The test clock could not be moved');
  await followJob(info.subscriptionsUrl, apiKey, advanceTestClock.id, () => undefined);
}

/** Reads the mail as the customer would: from the outbox. */
async function magicLink(info: RunInfo, masterKey: string, workspaceId: string, apiKey: string): Promise<string> {
  const response = await fetch(await outboxUrlFor(info.url, masterKey, workspaceId), {
    headers: { accept: 'application/json', authorization: `Bearer ${apiKey}` },
  });
  const link = /https?:\/\/[^\s"\\]+\/pay\/[A-Za-z0-9_-]+/.exec(await response.text())?.[0];
  if (link === undefined) throw new Error(`No magic link in the outbox (${String(response.status)})`);
  return link;
}

async function summaryWith(graph: Graph, recovered: number): Promise<string> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const { recoverySummary } = await graph.run<Summary>(SUMMARY);
    const [usd] = recoverySummary.currencies;
    if (usd && usd.casesRecovered >= recovered) {
      return `${String(usd.casesRecovered)} of ${String(usd.casesOpened)} case recovered, ${usd.recoveredAmount.amount} ${usd.recoveredAmount.currency}`;
    }
    if (performance.now() > deadline) throw new Error('ClickHouse did not show the recovered payment within 5 seconds');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

function countsOf(seen: readonly LiveEvent[], recovered: LiveEvent): string {
  const mails = seen.filter((event) => event.type === 'MESSAGE_SENT').length;
  return `${String(seen.length)} live events, ${String(mails)} mails, case ${recovered.case?.id ?? ''}.`;
}
