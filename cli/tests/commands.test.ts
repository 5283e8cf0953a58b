import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { signStripePayload } from '#subgraphs/shared/webhooks/stripe.ts';
import { connectStripeAt } from '../commands/connection-create.ts';
import { type RunInfo, writeRunFile } from '../embedded/run-file.ts';
import { rememberKey } from '../instance.ts';
import { startStack, type Stack } from '../testing/stack.ts';

// Commands as they are typed, in a process of their own, against an instance that runs.

const BIN = fileURLToPath(new URL('../bin.mjs', import.meta.url));

let stack: Stack;
let dataDir: string;
beforeAll(async () => {
  stack = await startStack();
  dataDir = mkdtempSync(path.join(tmpdir(), 'oppulence-commands-'));
  const { url, config } = stack;
  writeFileSync(path.join(dataDir, 'operator.token'), config.operatorToken);
  writeFileSync(path.join(dataDir, 'master.key'), config.masterKey.toString('base64'));
  const info: Pick<RunInfo, 'url' | 'graphqlUrl' | 'dataDir' | 'pid'> = {
    url,
    graphqlUrl: `${url}/graphql`,
    dataDir,
    pid: process.pid,
  };
  writeRunFile(info as RunInfo);
}, 60_000);
afterAll(async () => {
  rmSync(dataDir, { recursive: true, force: true });
  await stack.close();
});

interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

const oppulence = (...words: string[]): Promise<Ended> =>
  new Promise((resolve) => {
    const env = { ...process.env, OPPULENCE_DATA_DIR: dataDir };
    const child = execFile(process.execPath, [BIN, ...words], { env }, (_error, out, err) => {
      resolve({ code: child.exitCode ?? -1, out, err });
    });
  });

describe('oppulence connection roll-secret', () => {
  let webhookUrl: string;
  let connectionId: string;
  let apiKey: string;
  beforeEach(async () => {
    ({ apiKey } = await stack.createWorkspace());
    rememberKey(dataDir, apiKey);
    ({ webhookUrl, connectionId } = await connectStripeAt(`${stack.url}/graphql`, apiKey, {
      apiKey: `sk_test_${randomUUID().replaceAll('-', '')}`,
      webhookSecret: 'whsec_theOldOne',
    }));
  });

  async function deliver(secret: string): Promise<number> {
    const event = { id: `evt_${randomUUID().replaceAll('-', '')}`, object: 'event', type: 'customer.updated' };
    const more = { created: 1_790_000_000, livemode: false, data: { object: { id: 'cus_1', object: 'customer' } } };
    const body = JSON.stringify({ ...event, ...more });
    const headers = { 'stripe-signature': signStripePayload(body, secret, new Date()) };
    return (await fetch(webhookUrl, { method: 'POST', body, headers })).status;
  }

  interface Rolled {
    readonly connectionId: string;
    readonly webhookSecrets: readonly {
      readonly id: string;
      readonly lastFour: string;
      readonly expiresAt: string | null;
    }[];
  }

  it('makes the new secret count at once, and the old one for a day more', async () => {
    const { code, out, err } = await oppulence(
      'connection',
      'roll-secret',
      '--webhook-secret',
      'whsec_theNewOne',
      '--json',
    );
    expect([code, err]).toEqual([0, '']);
    const rolled = JSON.parse(out) as Rolled;
    expect(rolled).toMatchObject({
      connectionId,
      webhookSecrets: [
        { lastFour: 'wOne', expiresAt: null },
        { lastFour: 'dOne', expiresAt: expect.any(String) },
      ],
    });
    const hours = (Date.parse(rolled.webhookSecrets[1]?.expiresAt ?? '') - Date.now()) / 3_600_000;
    expect(hours).toBeGreaterThan(23);
    expect(hours).toBeLessThanOrEqual(24);
    expect(await deliver('whsec_theNewOne')).toBe(200);
    expect(await deliver('whsec_theOldOne')).toBe(200);
    expect(await deliver('whsec_another')).toBe(400);
  }, 60_000);

  it('ends the old one when it is told to, and says in words what counts', async () => {
    const until = new Date(Date.now() + 3_600_000).toISOString();
    const words = ['--webhook-secret', 'whsec_theNewOne', '--until', until, '--connection', connectionId];
    const { code, out } = await oppulence('connection', 'roll-secret', ...words);
    expect(code).toBe(0);
    const [added, old, ...others] = out.trimEnd().split('\n');
    expect(added).toMatch(/^whs_\w+ {2}…wOne {2}counts, last matched never$/);
    expect(old).toContain(`…dOne  counts until ${until}, last matched`);
    expect(others).toEqual([]);
  }, 60_000);

  it('asks which one is meant when there are several', async () => {
    const add = `mutation($input: AddWebhookSecretInput!) { addWebhookSecret(input: $input) { ... on Connection { webhookSecrets { id lastFour } } } }`;
    const { addWebhookSecret } = await stack
      .graph(apiKey)
      .run<{ addWebhookSecret: Rolled }>(add, { input: { connectionId, secret: 'whsec_aSecond' } });
    const asked = await oppulence('connection', 'roll-secret', '--webhook-secret', 'whsec_theNewOne');
    expect(asked.code).toBe(2);
    const [second, first] = addWebhookSecret.webhookSecrets;
    expect(asked.err).toContain(`--secret ${second?.id ?? ''} (…cond)`);
    expect(asked.err).toContain(`--secret ${first?.id ?? ''} (…dOne)`);

    const words = ['--webhook-secret', 'whsec_theNewOne', '--secret', second?.id ?? '', '--json'];
    const { webhookSecrets } = JSON.parse((await oppulence('connection', 'roll-secret', ...words)).out) as Rolled;
    expect(new Map(webhookSecrets.map(({ lastFour, expiresAt }) => [lastFour, expiresAt === null]))).toEqual(
      new Map([
        ['wOne', true],
        ['dOne', true],
        ['cond', false],
      ]),
    );
  }, 60_000);

  it.each([
    { without: 'a secret', words: [], code: 2, says: '--webhook-secret whsec_…' },
    {
      without: 'an instant',
      words: ['--webhook-secret', 'whsec_theNewOne', '--until', 'tomorrow'],
      code: 2,
      says: '--until takes an instant',
    },
    {
      without: 'such a connection',
      words: ['--webhook-secret', 'whsec_theNewOne', '--connection', 'conn_00000000000000000000'],
      code: 2,
      says: 'no such connection',
    },
    { without: 'a secret that can be one', words: ['--webhook-secret', 'secret'], code: 1, says: 'whsec_' },
  ])(
    'without $without changes nothing, and says what it needs',
    async ({ words, code, says }) => {
      const ended = await oppulence('connection', 'roll-secret', ...words);
      expect([ended.code, ended.out]).toEqual([code, '']);
      expect(ended.err).toContain(says);
      expect(await deliver('whsec_theOldOne')).toBe(200);
      expect(await deliver('whsec_theNewOne')).toBe(400);
    },
    60_000,
  );
});

describe('oppulence inbox route', () => {
  it('asks for an account, counts what waits for it, and refuses while nobody has connected it', async () => {
    expect(await oppulence('inbox', 'route')).toMatchObject({
      code: 2,
      err: expect.stringContaining('--account acct_…'),
    });
    expect(await oppulence('inbox', 'route', '--account', 'acct_1', '--dry-run')).toMatchObject({
      code: 0,
      out: '0 deliveries would go to 0 workspaces.\n',
    });
    expect(await oppulence('inbox', 'route', '--account', 'acct_1', '--live')).toMatchObject({
      code: 1,
      err: expect.stringContaining('No workspace has connected this account'),
    });
  }, 60_000);
});
