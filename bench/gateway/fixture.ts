// The subgraphs of the comparison's fixture, as the gateway is given its own: an address and a key for signed calls each.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RemoteSubgraph } from '#gateway/types.ts';

export interface Fixture {
  readonly supergraphSdl: string;
  readonly subgraphs: Record<string, RemoteSubgraph>;
}

/** Whoever asks. */
export const CALLER = {
  kind: 'API_KEY',
  keyId: 'key_bench',
  workspaceId: 'ws_bench',
  mode: 'TEST',
  scopes: ['admin:*'],
} as const;

/** @param file a supergraph whose subgraphs are plain HTTP servers */
export function fixtureOf(file: string): Fixture {
  const supergraphSdl = readFileSync(file, 'utf8');
  const graphs = supergraphSdl.matchAll(/@join__graph\(name: "(\w+)", url: "([^"]+)"\)/g);
  const subgraphs = Object.fromEntries(
    [...graphs].map(([, name = '', url = '']) => [
      name,
      { url: new URL(url).origin, key: createHash('sha256').update(name).digest() },
    ]),
  );
  return { supergraphSdl, subgraphs };
}
