import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { ConflictError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { InboxWriter } from '#subgraphs/shared/inbox/store.ts';
import { countUnrouted, forgetRouted, oldestUnrouted } from '#subgraphs/shared/inbox/unrouted.ts';
import type { EndpointsPort } from '../ports.ts';
import { deliveryOf } from './receive-webhook.ts';

export interface RouteDeps {
  readonly system: Pick<SystemDb, 'query'>;
  readonly endpoints: Pick<EndpointsPort, 'connected'>;
  readonly inbox: InboxWriter;
}

export interface RouteDeliveries {
  /** The provider's id of it. */
  readonly account: string;
  readonly livemode: boolean;
  /** Only counts. */
  readonly dryRun: boolean;
}

export interface RoutedDeliveries {
  readonly matched: number;
  /** Those that have connected the account. */
  readonly workspaces: number;
  readonly routed: number;
}

const CHUNK = 100;
/** So that a call ends in time; whoever has more calls again. */
const MOST_AT_ONCE = 5_000;

/**
 * Gives what was kept for nobody to the workspaces that have connected its account by now, as if it came in at this moment: what a delivery says
 * changes only what is not known better. Repeating the call routes what is left; a delivery that a workspace has is a repeat there.
 * @throws {ValidationError} for text that is no account's id.
 * @throws {ConflictError} when no workspace has connected the account in that mode.
 */
export async function routeDeliveries(
  ctx: UseCaseContext,
  { system, endpoints, inbox }: RouteDeps,
  { account, livemode, dryRun }: RouteDeliveries,
): Promise<RoutedDeliveries> {
  if (!/^acct_\w+$/.test(account))
    throw new ValidationError('This is not the id of a Stripe account. It begins with acct_.', 'input.account');
  const connections = await endpoints.connected(account, livemode);
  const found = { matched: await countUnrouted(system, { account, livemode }), workspaces: connections.length };
  if (!dryRun && connections.length === 0)
    throw new ConflictError('No workspace has connected this account in this mode. Connect it first.');

  let routed = 0;
  for (let more = !dryRun; more && routed < MOST_AT_ONCE;) {
    const waiting = await oldestUnrouted(system, { account, livemode }, CHUNK);
    const kept = waiting.flatMap(({ body, secretId, signedAt: timestamp }) =>
      connections.map((endpoint) =>
        inbox.store(endpoint.workspaceId, deliveryOf(body, endpoint, { secretId, timestamp })),
      ),
    );
    await Promise.all(kept);
    await forgetRouted(
      system,
      waiting.map(({ id }) => id),
    );
    routed += waiting.length;
    more = waiting.length === CHUNK;
  }
  // They are in other workspaces' inboxes already; this is the answer under an Idempotency-Key, and the audit row.
  return ctx.transaction((tx) => {
    if (routed > 0) tx.changed(account);
    return Promise.resolve({ ...found, routed });
  });
}
