import { z } from 'zod';
import type { Tx, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { NewEvent } from '#subgraphs/shared/events/define.ts';
import type { InboxHandler, InboxOutcome, InboxRow } from '#subgraphs/shared/inbox/apply.ts';
import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import { rankOf } from '../domain/ordering.ts';
import { accountDeauthorized, setupSubmitted } from '../events.ts';
import { canRetrieve } from '../stripe/retrieve-object.ts';
import { idOf } from '../stripe/normalise/fields.ts';
import type { Doubt } from '../repositories/refetch-requests.ts';
import { noteHeard } from '../repositories/heard-accounts.ts';
import { applyEvidence, askForRereads } from './apply-evidence.ts';
import { sightingOf, type Sighting, type Source } from './fold-sightings.ts';

const object = z.custom<JsonObject>((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
const snapshotEvent = z.object({
  object: z.literal('event'),
  id: z.string(),
  type: z.string(),
  created: z.number().int(),
  livemode: z.boolean(),
  data: z.object({ object, previous_attributes: object.nullish() }),
});
type SnapshotEvent = z.output<typeof snapshotEvent>;

/** An event that names its object and leaves reading it to us: no version of the API, and no state. */
const thinEvent = z.object({
  object: z.literal('v2.core.event'),
  livemode: z.boolean().nullish(),
  related_object: z.object({ id: z.string(), type: z.string() }).nullish(),
});

/** What an event of Stripe's has to say here. */
type Meaning =
  | { readonly sighting: Sighting; readonly announcement: NewEvent | null }
  | { readonly reread: Doubt }
  | { readonly ignored: string };

/** Applies deliveries of Stripe's to the mirror. What is ignored stays in the inbox, with the reason, and can be replayed later. */
export const stripeInbox: InboxHandler = { provider: 'STRIPE', apply: applyStripeEvents };

export async function applyStripeEvents(
  ctx: UseCaseContext,
  tx: Tx,
  rows: readonly InboxRow[],
): Promise<readonly InboxOutcome[]> {
  const meanings = rows.map((row) => meaningOf(ctx, row));
  const meant = meanings.flatMap((meaning) => ('sighting' in meaning ? [meaning] : []));
  await applyEvidence(
    ctx,
    tx,
    meant.map(({ sighting }) => sighting),
  );
  await noteHeard(tx.query, ctx.workspaceId, rows, ctx.wall.now());
  const named = meanings.flatMap((meaning) =>
    'reread' in meaning ? [[meaning.reread.objectId, meaning.reread] as const] : [],
  );
  await askForRereads(ctx, tx, [...new Map(named).values()]);
  await tx.publishAll(meant.flatMap(({ announcement }) => announcement ?? []));
  return meanings.map((meaning) => ('ignored' in meaning ? meaning : 'APPLIED'));
}

function meaningOf(ctx: UseCaseContext, row: InboxRow): Meaning {
  const body: unknown = JSON.parse(row.body.toString('utf8'));
  const parsed = snapshotEvent.safeParse(body);
  if (!parsed.success) return meaningOfThin(ctx, row, body);
  const event = parsed.data;
  if (event.livemode !== (ctx.mode === 'LIVE')) return { ignored: 'of the other mode than the workspace' };
  const { id, object: kind } = event.data.object;
  if (typeof kind !== 'string') return { ignored: 'its object does not say what it is' };
  if (typeof id !== 'string' || id.startsWith('upcoming_in')) return { ignored: 'its object has no id' };
  const { connectionId, account, traceParent } = row;
  const source: Source = { connectionId, account, livemode: event.livemode, origin: 'WEBHOOK' };
  const facts = { kind, stripeId: id, source, evidence: evidenceOf(event), traceParent, ...failedAttemptOf(event) };
  const announcement = announcementOf(event, id, source);
  return {
    sighting: sightingOf(ctx.workspaceId, facts),
    announcement: announcement && { ...announcement, traceParent },
  };
}

/** Its object is read at Stripe: what it says is as new as can be, so the order of thin events does not matter. */
function meaningOfThin(ctx: UseCaseContext, { connectionId, account }: InboxRow, body: unknown): Meaning {
  const parsed = thinEvent.safeParse(body);
  if (!parsed.success) return { ignored: 'not an event that carries its object' };
  const { related_object: named, livemode } = parsed.data;
  if (typeof livemode === 'boolean' && livemode !== (ctx.mode === 'LIVE'))
    return { ignored: 'of the other mode than the workspace' };
  if (!named) return { ignored: 'it names no object' };
  const { id: stripeId, type: kind } = named;
  if (!canRetrieve(kind)) return { ignored: 'Stripe cannot be asked for its object' };
  const objectId = idOf(kind, stripeId, { workspaceId: ctx.workspaceId, account });
  return { reread: { objectId, kind, account, stripeId, connectionId } };
}

/** The session does not say which card was entered, and asking is network: a consumer of this event does. */
function announcementOf({ type, data }: SnapshotEvent, id: string, source: Source): NewEvent | null {
  const { connectionId, account } = source;
  if (type === 'account.application.deauthorized')
    return accountDeauthorized({ subjectId: connectionId, payload: { connectionId, account } });
  if (type !== 'checkout.session.completed' || data.object['mode'] !== 'setup') return null;
  return setupSubmitted({ subjectId: id, payload: { connectionId, account, checkoutSessionId: id } });
}

function evidenceOf({ id, type, created, data }: SnapshotEvent): Sighting['evidence'] {
  const previous = data.previous_attributes ?? null;
  return { source: 'EVENT', eventId: id, second: created, rank: rankOf(type), content: data.object, previous };
}

/** Never 0: a failure that Stripe says has happened was an attempt. */
function failedAttemptOf({ type, data }: SnapshotEvent): { failedAttempt?: number } {
  if (type !== 'invoice.payment_failed') return {};
  const count = data.object['attempt_count'];
  return { failedAttempt: typeof count === 'number' && count > 0 ? count : 1 };
}
