/** What the owner of a connected account does at Stripe: takes access away, changes how the account looks. Loopback only, no keys. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { accountObject } from '../operations/account.ts';
import type { PageDeps } from '../pages/checkout-routes.ts';
import { inTransaction } from '../store/in-transaction.ts';
import { platformOf } from './client-id.ts';
import { endAccess } from './end-access.ts';

const params = z.object({ account: z.string() });
const revocation = z.strictObject({ client_id: z.string() });
const renaming = z.strictObject({ name: z.string().min(1), livemode: z.boolean().default(false) });

export function addConnectControlRoutes(app: FastifyInstance, { pool, publicUrl, afterWrite }: PageDeps): void {
  app.post('/__sandbox/accounts/:account/revoke', async (request, reply) => {
    const { account } = params.parse(request.params);
    const { client_id: clientId } = revocation.parse(request.body);
    const platform = platformOf(clientId);
    if (platform === null) return reply.status(404).send({ error: `No platform ${clientId}.` });
    const scope = { account, livemode: platform.livemode };
    const revoked = await inTransaction(pool, scope, publicUrl(), (work) =>
      endAccess(work, platform.account, clientId),
    );
    afterWrite();
    return { account, revoked };
  });
  app.post('/__sandbox/accounts/:account/rename', async (request) => {
    const { account } = params.parse(request.params);
    const { name, livemode } = renaming.parse(request.body);
    await inTransaction(pool, { account, livemode }, publicUrl(), async (work) => {
      await work.client.query('UPDATE accounts SET name = $2 WHERE id = $1', [account, name]);
      await work.announce('account.updated', await accountObject(work), work.wallNow());
    });
    afterWrite();
    return { account, name };
  });
}
