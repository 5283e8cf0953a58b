import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from './factories.ts';
import { createLedgerBench, type LedgerBench, typesIn } from './ledger-bench.ts';
import { newTestKey, openShop, type Shop, subscribe } from './stripe-sandbox.ts';

// A platform at Stripe that is connected with its key: events of accounts that are connected to it come through its endpoint, and their ledgers
// are read with its key and their name.

let bench: LedgerBench;
beforeAll(async () => {
  bench = await createLedgerBench();
});
afterAll(async () => {
  await bench.close();
});

const clientIdOf = ({ apiKey }: Shop): string => apiKey.replace('sk_test_', 'ca_test_');

/** An account whose owner lets the platform act for it. */
async function openMerchant(platform: Shop): Promise<Shop> {
  const merchant = await openShop(bench.harness, bench.sandbox.url, { apiKey: newTestKey() });
  await letIn(platform, merchant);
  return merchant;
}

async function letIn(platform: Shop, merchant: Shop): Promise<void> {
  const form = new URLSearchParams({
    response_type: 'code',
    client_id: clientIdOf(platform),
    scope: 'read_write',
    state: 'any',
    redirect_uri: 'https://app.example.com/back',
    account: merchant.apiKey,
    answer: 'authorize',
  });
  const page = await fetch(`${bench.sandbox.url}/oauth/authorize`, { method: 'POST', body: form, redirect: 'manual' });
  const code = new URL(page.headers.get('location') ?? '').searchParams.get('code') ?? '';
  await platform.stripe.oauth.token({ grant_type: 'authorization_code', code });
}

async function takeAccessAway(platform: Shop, merchant: Shop): Promise<void> {
  const answer = await fetch(`${bench.sandbox.url}/__sandbox/accounts/${merchant.account}/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_id: clientIdOf(platform) }),
  });
  expect(await answer.json()).toMatchObject({ revoked: true });
}

/** What has happened at both since the last time comes through the platform's endpoint. */
async function hearAll(platform: Shop, merchant: Shop): Promise<void> {
  await deliver(bench.harness, platform.workspaceId, await merchant.newEvents(), merchant.account);
  await platform.hear();
}

/** The balance's movements of an account, by type. */
async function movements(platform: Shop, account: string): Promise<string[]> {
  const source = '{ balanceTransactions(first: 100) { edges { node { type account } } } }';
  const { balanceTransactions } = await bench.ask(platform, source);
  const { edges } = balanceTransactions as unknown as { edges: { node: { type: string; account: string } }[] };
  return edges
    .filter(({ node }) => node.account === account)
    .map(({ node }) => node.type)
    .toSorted();
}

describe('the ledger of a connected account', () => {
  it('is read beside that of its platform, and its payouts lead to what was paid out in them', async () => {
    const platform = await bench.connected();
    const merchant = await openMerchant(platform);
    await subscribe(platform);
    for (let i = 0; i < 2; i++) await subscribe(merchant);
    const theirs = await bench.payOut(merchant.account);
    const own = await bench.payOut(platform.account);
    await hearAll(platform, merchant);
    expect(await bench.shown(platform, theirs, merchant.account)).toMatchObject({ reconciliation: 'PENDING' });

    // Two lists of movements, and one of each payout's.
    expect(await bench.pass(platform)).toEqual([{ movements: 10, payouts: 2, apiCalls: 4 }]);
    expect(await movements(platform, merchant.account)).toEqual(['CHARGE', 'CHARGE', 'PAYOUT']);
    expect(await movements(platform, platform.account)).toEqual(['CHARGE', 'PAYOUT']);
    const found = await bench.shown(platform, theirs, merchant.account);
    const amount = { amountMinor: String(theirs.amount) };
    expect(found).toMatchObject({ reconciliation: 'COMPLETE', amount, reconciledAmount: amount });
    expect(typesIn(found).toSorted()).toEqual(['CHARGE', 'CHARGE', 'PAYOUT']);
    expect(await bench.shown(platform, own)).toMatchObject({
      reconciliation: 'COMPLETE',
      balanceTransactions: { totalCount: 2 },
    });
    expect(await bench.unassigned(platform)).toEqual([]);
  });

  it('that failed is paid back and paid out again, there too', async () => {
    const platform = await bench.connected();
    const merchant = await openMerchant(platform);
    await subscribe(merchant);
    const payout = await bench.payOut(merchant.account);
    await bench.advance(merchant.account, payout, 'failed');
    const again = await bench.payOut(merchant.account, { at: payout.created + 3_600 });
    await hearAll(platform, merchant);
    await bench.pass(platform);
    const failed = await bench.shown(platform, payout, merchant.account);
    expect(failed).toMatchObject({ status: 'FAILED', reconciliation: 'COMPLETE' });
    expect(await bench.shown(platform, again, merchant.account)).toMatchObject({
      status: 'PAID',
      reconciliation: 'COMPLETE',
      amount: failed.amount,
    });
    expect(await bench.unassigned(platform)).toEqual([]);
  });

  it('whose owner has taken the access away holds up no other, and is read from there when it is given back', async () => {
    const platform = await bench.connected();
    const merchant = await openMerchant(platform);
    await subscribe(merchant);
    await hearAll(platform, merchant);
    await bench.pass(platform);
    expect(await movements(platform, merchant.account)).toEqual(['CHARGE']);

    // Long before what is read anyway.
    await subscribe(merchant, { frozenTime: Math.floor(Date.now() / 1000) - 10 * 86_400 });
    await hearAll(platform, merchant);
    await takeAccessAway(platform, merchant);
    await subscribe(platform);
    await platform.hear();
    expect(await bench.pass(platform)).toMatchObject([
      { movements: 1, refused: { [merchant.account]: expect.stringContaining('does not have access') } },
    ]);
    expect(await movements(platform, platform.account)).toEqual(['CHARGE']);

    await letIn(platform, merchant);
    for (let hours = 0; hours < 3; hours += 1) await bench.pass(platform, 3_600);
    expect(await movements(platform, merchant.account)).toEqual(['CHARGE', 'CHARGE']);
    expect(await movements(platform, platform.account)).toEqual(['CHARGE']);
  });
});
