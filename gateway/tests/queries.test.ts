import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { withoutAuthorizationDirectives } from '../supergraph.ts';
import { ask, REACHES, startGateway, WORKSPACE } from './support/gateway.ts';

import type { TestGateway } from './support/gateway.ts';

describe.each(REACHES)('with subgraphs %s,', (reach) => {
  let at: TestGateway;
  beforeAll(async () => {
    at = await startGateway({}, { reach });
  });
  afterAll(async () => at.gateway.close());

  describe('a query over several subgraphs', () => {
    it('joins fields of three subgraphs', async () => {
      const { status, data, errors } = await ask(
        at.url,
        '{ invoices(first: 1) { id amountMinor attempts customer { name } } }',
      );
      expect(errors).toEqual([]);
      expect(status).toBe(200);
      expect(data).toEqual({
        invoices: [{ id: 'inv_1', amountMinor: '4900', attempts: 2, customer: { name: 'Customer cus_of_inv_1' } }],
      });
    });

    it('asks a subgraph once for all entities of a list', async () => {
      const before = at.graph.calls.accounts;
      await ask(at.url, '{ invoices(first: 40) { customer { name } } }');
      expect(at.graph.calls.accounts - before).toBe(1);
    });

    it('runs inside the workspace of the key', async () => {
      at.graph.seen.workspace = null;
      await ask(at.url, '{ invoices { id } }');
      expect(at.graph.seen.workspace).toBe(WORKSPACE);
    });

    it('carries mutations and their variables', async () => {
      const { data } = await ask(at.url, 'mutation($id: ID!) { payInvoice(id: $id) { id customer { name } } }', {
        variables: { id: 'inv_7' },
      });
      expect(data).toEqual({ payInvoice: { id: 'inv_7', customer: { name: 'Customer cus_of_inv_7' } } });
    });

    it('returns aliases such as __proto__ and constructor as data', async () => {
      const { data, status } = await ask(
        at.url,
        '{ __proto__: echo(value: "a") constructor: echo(value: "b") __cursor: echo(value: "c") }',
      );
      expect(status).toBe(200);
      expect(Object.entries(data ?? {})).toEqual([
        ['__proto__', 'a'],
        ['constructor', 'b'],
        ['__cursor', 'c'],
      ]);
      expect(({} as Record<string, unknown>)['a']).toBeUndefined();
    });
  });

  describe('the supergraph', () => {
    it('loads although it uses an authorization directive that the stock gateway refuses', () => {
      expect(at.graph.supergraphSdl).toContain('requiresScopes');
      expect(withoutAuthorizationDirectives(at.graph.supergraphSdl)).not.toContain('requiresScopes');
    });

    it('is refused when a subgraph has no source', async () => {
      const { accounts: _accounts, ...others } = at.graph.subgraphs;
      await expect(startGateway({ subgraphs: others })).rejects.toThrow('the subgraph "accounts", but no source');
    });
  });

  describe('the port', () => {
    it('is named when it is taken, with what to do', async () => {
      const { port } = new URL(at.url);
      await expect(startGateway({}, { port: Number(port) })).rejects.toThrow(
        `Port ${port} is taken by another program. Stop it, or choose another port: PORT=${String(Number(port) + 1)}.`,
      );
    });
  });
});
