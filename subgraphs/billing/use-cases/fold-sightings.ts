import type { JsonObject } from '#subgraphs/shared/json/json.ts';
import type { Columns } from '../domain/columns.ts';
import type { Origin } from '../domain/invoice-transitions.ts';
import type { ObjectKind } from '../domain/kinds.ts';
import { decide, type Evidence, type Verdict, versionAfter } from '../domain/ordering.ts';
import type { MirrorRow } from '../repositories/mirror.ts';
import type { Doubt } from '../repositories/refetch-requests.ts';
import { idOf, type Owner } from '../stripe/normalise/fields.ts';
import { hasCutList } from '../stripe/complete-lists.ts';
import { canRetrieve } from '../stripe/retrieve-object.ts';
import { normalise } from '../stripe/normalise/normalise.ts';

/** Where evidence comes from: one account, through one connection. */
export interface Source {
  readonly connectionId: string;
  readonly account: string;
  readonly livemode: boolean;
  readonly origin: Origin;
}

/** Something that Stripe has said about an object. */
export interface Sighting {
  readonly kind: ObjectKind;
  /** Ours. */
  readonly objectId: string;
  readonly stripeId: string;
  readonly source: Source;
  readonly evidence: Evidence;
  /** Invoices: the attempt that this evidence says has failed. Known even from an event that is otherwise out of date. */
  readonly failedAttempt?: number;
  /** Of the delivery that said so; of whatever is running, when left out. */
  readonly traceParent?: string | null;
}

export function sightingOf(
  workspaceId: string,
  sighting: Omit<Sighting, 'objectId'> & { readonly source: Source },
): Sighting {
  const owner = { workspaceId, account: sighting.source.account };
  return { ...sighting, objectId: idOf(sighting.kind, sighting.stripeId, owner) };
}

/** What one sighting did to the row of its object. */
export interface Step {
  readonly kind: ObjectKind;
  readonly stripeId: string;
  readonly owner: Owner;
  readonly evidence: Evidence;
  readonly origin: Origin;
  readonly verdict: Verdict;
  readonly before: MirrorRow | null;
  readonly after: MirrorRow | null;
  /** When the news is from, in Stripe's time. */
  readonly at: Date;
  readonly traceParent: string | null | undefined;
}

export interface Folded {
  /** One for each sighting, in their order. */
  readonly steps: readonly Step[];
  /** The rows as they end. */
  readonly rows: ReadonlyMap<string, { readonly kind: ObjectKind; readonly row: MirrorRow }>;
  readonly doubts: readonly Doubt[];
}

/** Takes sightings one after the other, in memory: what they make of the rows, and which objects only Stripe can tell about. */
export function foldSightings(
  workspaceId: string,
  known: ReadonlyMap<string, MirrorRow>,
  sightings: readonly Sighting[],
): Folded {
  const rows = new Map<string, { readonly kind: ObjectKind; readonly row: MirrorRow }>();
  const doubts = new Map<string, { readonly doubt: Doubt; readonly second: number }>();
  const steps = sightings.map((sighting): Step => {
    const { kind, objectId, stripeId, source, evidence, traceParent } = sighting;
    const owner = { workspaceId, account: source.account };
    const before = rows.get(objectId)?.row ?? known.get(objectId) ?? null;
    const verdict = verdictOf(kind, before, evidence);
    const applied = verdict === 'APPLY' ? rowAfter(owner, sighting, before) : before;
    const after = applied === null ? null : withFailedAttempt(applied, sighting.failedAttempt);
    if (after !== null) rows.set(objectId, { kind, row: after });
    noteDoubt(doubts, sighting, verdict);
    noteCutList(doubts, sighting, verdict);
    return {
      kind,
      stripeId,
      owner,
      evidence,
      origin: source.origin,
      verdict,
      before,
      after,
      at: instantOf(secondOf(evidence)),
      traceParent,
    };
  });
  return { steps, rows, doubts: [...doubts.values()].map(({ doubt }) => doubt) };
}

/** Where Stripe can't be asked, the greater event id decides: no better than the other, but the same in every order of arrival. */
function verdictOf(kind: ObjectKind, before: MirrorRow | null, evidence: Evidence): Verdict {
  const verdict = decide(kind, before, evidence);
  if (verdict !== 'AMBIGUOUS' || canRetrieve(kind) || evidence.source === 'READ') return verdict;
  return evidence.eventId > (before?.version.eventId ?? '') ? 'APPLY' : 'STALE';
}

/** Something of a later second settles a doubt: whichever of the two was the newer one, neither is the newest any more. */
function noteDoubt(
  doubts: Map<string, { readonly doubt: Doubt; readonly second: number }>,
  { kind, objectId, stripeId, source: { account, connectionId }, evidence }: Sighting,
  verdict: Verdict,
): void {
  const second = secondOf(evidence);
  if (verdict === 'AMBIGUOUS')
    doubts.set(objectId, { doubt: { objectId, kind, account, stripeId, connectionId }, second });
  else if (verdict === 'APPLY' && second > (doubts.get(objectId)?.second ?? second)) doubts.delete(objectId);
}

/** An event carries the first ten rows of a list; the rest has to be asked for. What is read has its lists in full. */
function noteCutList(
  doubts: Map<string, { readonly doubt: Doubt; readonly second: number }>,
  { kind, objectId, stripeId, source: { account, connectionId }, evidence }: Sighting,
  verdict: Verdict,
): void {
  if (verdict !== 'APPLY' || evidence.source !== 'EVENT' || !hasCutList(kind, evidence.content)) return;
  doubts.set(objectId, { doubt: { objectId, kind, account, stripeId, connectionId }, second: evidence.second });
}

function rowAfter(
  owner: Owner,
  { kind, objectId, stripeId, source, evidence }: Sighting,
  before: MirrorRow | null,
): MirrorRow | null {
  const version = versionAfter(before, evidence);
  const content = evidence.content ?? before?.content;
  if (content === undefined) return null;
  const deleted = version.rank === 2;
  return {
    id: objectId,
    account: source.account,
    stripeId,
    livemode: source.livemode,
    connectionId: source.connectionId,
    stripeCreatedAt: createdAt(content) ?? before?.stripeCreatedAt ?? instantOf(version.created),
    version,
    content,
    deleted,
    deletedAt: deleted ? instantOf(version.created) : null,
    columns: {
      ...(kind === 'invoice' ? { failedAttemptCount: 0 } : {}),
      ...before?.columns,
      ...said(normalise(kind, content, owner)),
    },
  };
}

/** Only grows, so that it ends the same whatever came first. */
function withFailedAttempt(row: MirrorRow, failedAttempt: number | undefined): MirrorRow {
  const { failedAttemptCount } = row.columns as Columns<'invoice'>;
  if (failedAttempt === undefined || failedAttempt <= (failedAttemptCount ?? 0)) return row;
  return { ...row, columns: { ...row.columns, failedAttemptCount: failedAttempt } };
}

/** What this version of the API does not say stays as it was. */
function said<T extends object>(columns: T): Partial<T> {
  return Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== undefined)) as Partial<T>;
}

export function secondOf(evidence: Evidence): number {
  return evidence.source === 'EVENT' ? evidence.second : evidence.to;
}

function createdAt(content: JsonObject): Date | null {
  const created = content['created'];
  return typeof created === 'number' ? instantOf(created) : null;
}

const instantOf = (second: number): Date => new Date(second * 1000);
