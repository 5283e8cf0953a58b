// The built gateway in front of the comparison's plain HTTP subgraphs.   node serve.ts <supergraph.graphql> <port>
// Everything is on that it does to a request: the caller's key is looked up, limits, masking, signed calls, the log.
import { createHash } from 'node:crypto';
import { createGateway } from '#gateway/server.ts';
import { createLogger } from '#subgraphs/shared/logging/logger.ts';
import { CALLER, fixtureOf } from './fixture.ts';

const [file = '', port] = process.argv.slice(2);
const digest = (token: string): string => createHash('sha256').update(token).digest('hex');
const keys = new Map([[digest(process.env['TOKEN'] ?? ''), CALLER]]);

const gateway = await createGateway({
  ...fixtureOf(file),
  authenticate: (token) => {
    const known = keys.get(digest(token ?? ''));
    if (known === undefined) throw new Error('not the key of the measurement');
    return Promise.resolve(known);
  },
  playground: false,
  introspection: false,
  limits: { depth: 40 }, // One of the operations is deeper than what we let through.
  log: createLogger({ level: 'warn', name: 'bench' }),
  version: 'bench',
});
await gateway.listen({ port: Number(port), host: '127.0.0.1' });
