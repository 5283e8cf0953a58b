import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import type { GraphCall } from '#subgraphs/shared/testing/harness.ts';
import { createAccountsBench, PLATFORM, type AccountsBench } from './factories.ts';

const CREATE = `mutation ($stripe: StripeConnectionInput!) { result: createConnection(input: { provider: STRIPE, stripe: $stripe }) { __typename ... on CreatedConnection { connection { id } } } }`;
const DISCONNECT = `mutation ($id: ID!) { disconnectConnection(input: { id: $id }) { __typename } }`;
const KEY = 'sk_test_of_acme_12345';

let bench: AccountsBench;
let here: GraphCall;
beforeAll(async () => {
  bench = await createAccountsBench();
});
afterAll(async () => {
  await bench.close();
});
beforeEach(async () => {
  bench.stripe.reset();
  here = { workspaceId: await bench.harness.newWorkspace() };
});
afterEach(async () => {
  await bench.harness.admin.query('DELETE FROM kernel.effect'); // pumping carries out what an earlier test left
});

async function count(table: string, condition = 'true'): Promise<number> {
  const { rows } = await bench.harness.admin.query(`SELECT 1 FROM ${table} WHERE workspace_id = $1 AND ${condition}`, [
    here.workspaceId,
  ]);
  return rows.length;
}

async function disconnect(id: string, call = here): Promise<void> {
  const { data } = await bench.run(call, DISCONNECT, { id });
  expect(data).toEqual({ disconnectConnection: { __typename: 'Connection' } });
}

async function carryOut(turns = 1): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) {
    await bench.harness.pump([bench.subgraph]);
    bench.harness.wall.advance({ minutes: 6 });
  }
}

describe('disconnecting an account that is connected with a key', () => {
  const connect = async (stripe: Record<string, unknown> = { apiKey: KEY }): Promise<string> => {
    const { data } = await bench.run(here, CREATE, { stripe });
    return (data?.['result'] as { connection?: { id: string } }).connection?.id ?? '';
  };

  it.each(['BEFORE', 'AFTER'] as const)(
    'is told to a Stripe that was away %s it heard, and erases the key then',
    async (cut) => {
      await disconnect(await connect());
      bench.stripe.cut = cut;
      await carryOut(20);
      expect(await count('accounts.connection', 'credential IS NULL')).toBe(0);
      bench.stripe.cut = null;
      await carryOut();
      expect(bench.stripe.endpoints.size).toBe(0);
      expect(await count('accounts.connection', 'credential IS NULL')).toBe(1);
      expect(await count('kernel.effect', "state = 'DONE'")).toBe(1);
    },
  );

  it('is told again by whoever finds that its worker died on the way', async () => {
    await disconnect(await connect());
    bench.stripe.endpoints.clear(); // it had come so far
    await bench.harness.admin.query(
      `UPDATE kernel.effect SET state = 'CLAIMED', claimed_at = requested_at, lease_until = requested_at, attempts = 1 WHERE workspace_id = $1`,
      [here.workspaceId],
    );
    await carryOut();
    expect(bench.stripe.told).toHaveLength(1);
    expect(await count('kernel.effect', `state = 'DONE' AND outcome->>'reason' = 'resource_missing'`)).toBe(1);
    expect(await count('accounts.connection', 'credential IS NULL')).toBe(1);
  });

  it('is over when Stripe does not accept the key any more', async () => {
    await disconnect(await connect({ apiKey: 'rk_test_of_acme_67890' }));
    const known = bench.stripe.accounts.get('rk_test_of_acme_67890');
    bench.stripe.accounts.delete('rk_test_of_acme_67890');
    await carryOut();
    if (known) bench.stripe.accounts.set('rk_test_of_acme_67890', known);
    expect(await count('kernel.effect', `state = 'DONE' AND outcome->>'reason' = 'api_key_expired'`)).toBe(1);
    expect(await count('accounts.connection', 'credential IS NULL')).toBe(1);
  });

  it('keeps no key when telling Stripe is given up', async () => {
    await disconnect(await connect());
    bench.stripe.breaks = true;
    await carryOut(11);
    expect(await count('accounts.connection', 'credential IS NULL')).toBe(0);
    await carryOut();
    expect(await count('kernel.effect', "state = 'FAILED'")).toBe(1);
    expect(await count('accounts.connection', 'credential IS NULL')).toBe(1);
  });

  it('erases the key at once where nothing of ours is at Stripe: an endpoint made by hand, a connection that is not made yet', async () => {
    const byHand = await connect({ apiKey: KEY, webhookSecret: 'whsec_by_hand' });
    bench.stripe.cut = 'BEFORE';
    await connect({ apiKey: 'sk_test_of_other_1234' });
    bench.stripe.cut = null;
    const { rows } = await bench.harness.admin.query<{ id: string }>(
      `SELECT id FROM accounts.connection WHERE workspace_id = $1 AND state = 'PENDING'`,
      [here.workspaceId],
    );
    for (const id of [byHand, rows[0]?.id ?? '']) await disconnect(id);
    expect(await count('accounts.connection', "state = 'DISCONNECTED' AND credential IS NULL")).toBe(2);
    expect(await count('kernel.effect')).toBe(0);
  });

  it('deletes an endpoint that Stripe registered meanwhile, and refuses the connection', async () => {
    bench.stripe.meanwhile = async () => {
      const { rows } = await bench.harness.admin.query<{ id: string }>(
        `SELECT id FROM accounts.connection WHERE workspace_id = $1`,
        [here.workspaceId],
      );
      await disconnect(rows[0]?.id ?? '');
    };
    const { data } = await bench.run(here, CREATE, { stripe: { apiKey: KEY } });
    expect(data).toEqual({ result: { __typename: 'ConflictError' } });
    expect(bench.stripe.endpoints.size).toBe(1);
    await carryOut();
    expect(bench.stripe.endpoints.size).toBe(0);
    expect(await count('accounts.connection', "state = 'DISCONNECTED' AND credential IS NULL")).toBe(1);
    expect(await count('accounts.webhook_secret')).toBe(0);
  });

  it('keeps no key when another call has made the connection meanwhile, and it has been ended since', async () => {
    bench.stripe.meanwhile = async () => {
      bench.stripe.meanwhile = () => Promise.resolve();
      await disconnect(await connect());
      await carryOut();
    };
    const { data } = await bench.run(here, CREATE, { stripe: { apiKey: KEY } });
    expect(data).toEqual({ result: { __typename: 'ConflictError' } });
    await carryOut();
    expect(bench.stripe.endpoints.size).toBe(0);
    expect(await count('kernel.effect')).toBe(1);
    expect(await count('accounts.connection', "state = 'DISCONNECTED' AND credential IS NULL")).toBe(1);
  });
});

describe('disconnecting an account that is connected by OAuth', () => {
  // Not connected in any other test's workspace.
  let account: string;
  beforeEach(() => {
    account = `acct_of_${here.workspaceId}`;
  });
  const ourCall = (): string => `deauthorize ${PLATFORM.clientId} ${account}`;
  const connect = (call = here): Promise<string> => bench.connectByOAuth(call, account);

  it('gives the access back at Stripe, once, however often it is asked', async () => {
    const id = await connect();
    await disconnect(id);
    await carryOut();
    await disconnect(id);
    await carryOut();
    expect(bench.stripe.told).toEqual([ourCall()]);
    expect(bench.stripe.connected.size).toBe(0);
  });

  it('keeps the access for another workspace that has connected the account, which gives it back as the last one', async () => {
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    const [id, other] = [await connect(), await connect(elsewhere)];
    await bench.harness.admin.query(`UPDATE accounts.connection SET state = 'NEEDS_REAUTH' WHERE id = $1`, [other]);
    await disconnect(id);
    await carryOut();
    expect([bench.stripe.told, bench.stripe.connected.size]).toEqual([[], 1]);
    expect(await count('kernel.effect', "state = 'DROPPED'")).toBe(1);
    await disconnect(other, elsewhere);
    await carryOut();
    expect([bench.stripe.told, bench.stripe.connected.size]).toEqual([[ourCall()], 0]);
  });

  it('in both workspaces at once gives it back', async () => {
    const elsewhere = { workspaceId: await bench.harness.newWorkspace() };
    const [id, other] = [await connect(), await connect(elsewhere)];
    await Promise.all([disconnect(id), disconnect(other, elsewhere)]);
    await carryOut();
    expect(bench.stripe.connected.size).toBe(0);
  });

  it.each(['BEFORE', 'AFTER'] as const)('is told to a Stripe that was away %s it heard', async (cut) => {
    await disconnect(await connect());
    bench.stripe.cut = cut;
    await carryOut(20);
    expect(bench.stripe.connected.size).toBe(cut === 'BEFORE' ? 1 : 0);
    bench.stripe.cut = null;
    await carryOut();
    expect(bench.stripe.connected.size).toBe(0);
    expect(await count('kernel.effect', "state = 'DONE'")).toBe(1);
  });

  it.each([
    { when: 'before it was tried', turns: 0, ended: "state = 'DROPPED'" },
    { when: 'after a try of unknown fate', turns: 1, ended: `outcome->>'result' = 'CONNECTED_AGAIN'` },
  ])('keeps the access of an account that was connected anew $when', async ({ turns, ended }) => {
    await disconnect(await connect());
    bench.stripe.cut = 'BEFORE';
    await carryOut(turns);
    bench.stripe.cut = null;
    await connect();
    await carryOut();
    expect([bench.stripe.told, bench.stripe.connected.size]).toEqual([[], 1]);
    expect(await count('kernel.effect', ended)).toBe(1);
  });

  it('waits for a platform that is not configured any more, and is given up in the end', async () => {
    const live = { workspaceId: await bench.harness.newWorkspace('LIVE'), mode: 'LIVE' as const };
    await bench.harness.admin.query(
      `INSERT INTO accounts.connection (workspace_id, id, provider, access, state, account, livemode, display_name, endpoint_id, endpoint_hash, created_at, activated_at)
       VALUES ($1, 'conn_live', 'STRIPE', 'OAUTH', 'ACTIVE', 'acct_live', true, 'Live', 'whe_live', repeat('0', 64), now(), now())`,
      [live.workspaceId],
    );
    await disconnect('conn_live', live);
    const state = async (): Promise<unknown> => {
      const { rows } = await bench.harness.admin.query(
        'SELECT state, last_error FROM kernel.effect WHERE workspace_id = $1',
        [live.workspaceId],
      );
      return rows[0];
    };
    await carryOut();
    expect(await state()).toMatchObject({
      state: 'PENDING',
      last_error: expect.stringContaining('STRIPE_CONNECT_LIVE_KEY'),
    });
    await carryOut(11);
    expect(await state()).toMatchObject({ state: 'FAILED' });
    expect(bench.stripe.told).toEqual([]);
  });
});
