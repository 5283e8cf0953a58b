import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse, print, visit } from 'graphql';
import { type DistributedStack, startDistributedStack } from '#cli/testing/distributed-stack.ts';
import { eventually, type Shop } from '#cli/testing/stack.ts';
import { type OtlpReceiver, type ReceivedSpan, startOtlpReceiver } from '../support/otlp-receiver.ts';

/** What an operator sees of it, and does with it, when each part is a process of its own. */

// Long waits, since nine processes share few cores: what they wait for is looked for all the while.
const PATIENCE_MS = 60_000;
const SUPERGRAPH = readFileSync(fileURLToPath(new URL('../../../schema/supergraph.graphql', import.meta.url)), 'utf8');

let stack: DistributedStack;
let receiver: OtlpReceiver;
let shop: Shop;
let folder: string;
let supergraphFile: string;
beforeAll(async () => {
  receiver = await startOtlpReceiver();
  folder = mkdtempSync(path.join(tmpdir(), 'oppulence-supergraph-'));
  supergraphFile = path.join(folder, 'supergraph.graphql');
  writeFileSync(supergraphFile, SUPERGRAPH);
  stack = await startDistributedStack({
    config: (config) => Promise.resolve({ ...config, otlpEndpoint: receiver.url, supergraphFile }),
  });
  shop = await stack.connectedShop();
}, 240_000);
afterAll(async () => {
  await stack.close();
  await receiver.close();
  rmSync(folder, { recursive: true, force: true });
});

describe('a trace', () => {
  it('goes from the request at the gateway through the subgraph and the queue to the call at Stripe, over three processes', async () => {
    // The connection that was created has its account read by a job.
    const isWhole = (steps: readonly ReceivedSpan[]): boolean =>
      steps.at(-1)?.name === 'POST /graphql' && steps.at(-1)?.service === 'oppulence-gateway';
    const steps = await eventually(
      'a call at Stripe, traced back to a request',
      () => {
        const calls = receiver.spans.filter(
          ({ service, name }) => service === 'oppulence-worker' && name === 'stripe GET /v1/customers',
        );
        return Promise.resolve(calls.map((call) => receiver.upwards(call)).find(isWhole));
      },
      PATIENCE_MS,
    );
    expect(new Set(steps.map(({ traceId }) => traceId)).size).toBe(1);
    const told = steps.map(({ service, name }) => `${service}: ${name}`);
    const order = [
      'oppulence-worker: stripe GET /v1/customers',
      'oppulence-worker: job billing.backfill',
      'oppulence-accounts: subgraph accounts',
      'oppulence-accounts: POST /graphql',
      'oppulence-gateway: gateway.fetch',
      'oppulence-gateway: POST /graphql',
    ];
    expect({ told, order: told.filter((step) => order.includes(step)) }).toEqual({ told, order });
  }, 90_000);
});

describe('an operation that is sent again', () => {
  const QUERY = `query Again($more: Boolean!, $first: Int! = 1) {
    workspace { id ...named @include(if: $more) }
    customers(first: $first) { edges { node { __typename id email @skip(if: $more) } } }
  }
  fragment named on Workspace { called: name }`;

  it('is answered by the variables it came with each time', async () => {
    const shapes: string[][] = [];
    for (const more of [true, false, true, false]) {
      const { workspace, customers } = await shop.graph.run<{
        workspace: Record<string, unknown>;
        customers: { edges: { node: Record<string, unknown> }[] };
      }>(QUERY, { more });
      shapes.push([...Object.keys(workspace), ...customers.edges.flatMap(({ node }) => Object.keys(node))]);
    }
    const [withMore, without] = [
      ['id', 'called', '__typename', 'id'],
      ['id', '__typename', 'id', 'email'],
    ];
    expect(shapes).toEqual([withMore, without, withMore, without]);
  });
});

describe('the supergraph file of the gateway', () => {
  const HEALTH = '{ providerHealth { state } }';
  const withoutField = print(
    visit(parse(SUPERGRAPH), { FieldDefinition: ({ name }) => (name.value === 'providerHealth' ? null : undefined) }),
  );

  async function answered(query: string): Promise<{ status: number; failed: boolean }> {
    const response = await fetch(`${stack.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${shop.workspace.apiKey}` },
      body: JSON.stringify({ query }),
    });
    const { errors } = (await response.json()) as { errors?: unknown[] };
    return { status: response.status, failed: errors !== undefined };
  }

  function renameOver(sdl: string): void {
    const next = path.join(folder, 'next');
    writeFileSync(next, sdl);
    renameSync(next, supergraphFile);
  }

  it('is served as soon as it is renamed over, under load and without a failed request', async () => {
    const load = { on: true, answered: 0, failed: [] as unknown[] };
    const asking = (async () => {
      while (load.on) {
        const answer = await answered('{ workspace { id } customers(first: 3) { edges { node { id } } } }');
        if (answer.status === 200 && !answer.failed) load.answered += 1;
        else load.failed.push(answer);
      }
    })();
    const isKnown = async (known: boolean): Promise<boolean> => (await answered(HEALTH)).failed !== known;
    expect(await isKnown(true)).toBe(true);
    renameOver(withoutField);
    await eventually('the field is gone', () => isKnown(false), PATIENCE_MS);
    renameOver('type Query {');
    renameOver(SUPERGRAPH);
    await eventually('the field is back', () => isKnown(true), PATIENCE_MS);
    load.on = false;
    await asking;
    expect(load.failed).toEqual([]);
    expect(load.answered).toBeGreaterThan(5);
  }, 150_000);
});
