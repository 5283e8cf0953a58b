// The built gateway in front of the comparison's plain HTTP subgraphs.   node serve.mjs <supergraph.graphql> <port>
// Everything is on that a gateway of ours does to a request: key, limits, masking, signed calls. With TOKEN set, a request must bring it.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createGateway } from '#gateway/server.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';

const [file, port] = process.argv.slice(2);
const supergraphSdl = readFileSync(file, 'utf8');
const subgraphs = Object.fromEntries(
  [...supergraphSdl.matchAll(/@join__graph\(name: "(\w+)", url: "([^"]+)"\)/g)].map(([, name, url]) => [
    name,
    { url: new URL(url).origin, key: createHash('sha256').update(name).digest() },
  ]),
);
const digest = (token) => createHash('sha256').update(token).digest('hex');
const caller = { kind: 'API_KEY', keyId: 'key_bench', workspaceId: 'ws_bench', mode: 'TEST', scopes: ['admin:*'] };
const keys = new Map([[digest(process.env.TOKEN ?? ''), caller]]);

const gateway = await createGateway({
  supergraphSdl,
  subgraphs,
  authenticate: async (token) => {
    if (process.env.TOKEN === undefined) return caller;
    const known = keys.get(digest(token ?? ''));
    if (known === undefined) throw new Error('not the key of the measurement');
    return known;
  },
  playground: false,
  introspection: false,
  limits: { depth: 40 }, // One of the operations is deeper than what we let through.
  log: createLogger({ level: 'warn', name: 'bench' }),
  version: 'bench',
});
await gateway.listen({ port: Number(port), host: '127.0.0.1' });
