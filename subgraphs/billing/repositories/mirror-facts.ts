import type { Db } from '#subgraphs/shared/db/prisma.ts';
import { COLUMNS, type ColumnSpec } from '../domain/columns.ts';
import { isMirrorKind, MIRROR_KINDS, type ObjectKind } from '../domain/kinds.ts';
import { AMOUNTS } from '../domain/object-facts.ts';
import { columnName } from './mirror-sql.ts';
import { tableOf } from './mirror.ts';

/** What the mirror says of an object, as it is announced. Instants are Stripe's. */
export interface MirroredFacts {
  readonly kind: string;
  readonly objectId: string;
  readonly stripeId: string;
  readonly account: string;
  readonly createdAt: Date;
  readonly at: Date;
  readonly deleted: boolean;
  readonly status: string | null;
  readonly currency: string | null;
  readonly amountMinor: bigint | null;
  readonly customerId: string | null;
}

/** The objects of a kind that were created on a day (UTC), in a currency; '' for those that have none. */
export interface MirrorGroup {
  readonly kind: string;
  /** `2026-11-20`. */
  readonly day: string;
  readonly currency: string;
}

/** What a group adds up to. Amounts count 0 where there is none. */
export interface MirrorFigures extends MirrorGroup {
  readonly objects: bigint;
  readonly amountMinor: bigint;
  /**
   * The sum, over its objects, of the first 60 bits of the MD5 of `id|deleted|status|amount|customer`: `deleted` is 1 or 0, and what is absent
   * is empty. Two groups of the same sum say the same of every object.
   */
  readonly fingerprint: bigint;
}

type FactsDb = Pick<Db, '$queryRawUnsafe'>;

/** `factsOf` in SQL: the columns that it looks at, as far as a kind has them. */
function factsSql(kind: string): string {
  const spec: ColumnSpec = isMirrorKind(kind) ? COLUMNS[kind] : {};
  const text = (field: string): string => (spec[field] === 'text' ? columnName(field) : 'NULL::text');
  const amounts = AMOUNTS.filter((field) => spec[field] === 'bigint').map(columnName);
  return `SELECT ${isMirrorKind(kind) ? `'${kind}'` : 'kind'} AS kind, id, stripe_id, account, stripe_created_at AS created_at, to_timestamp(version_created) AS at,
    deleted_at IS NOT NULL AS deleted, ${text('status')} AS status, ${text('currency')} AS currency,
    ${amounts.length === 0 ? 'NULL::bigint' : `coalesce(${amounts.join(', ')})`} AS amount_minor, ${text('customerId')} AS customer_id
    FROM stripe.${tableOf(kind)} WHERE workspace_id = $1`;
}

/** Stands for all kinds without a table of their own. */
const RAW = '';
const DAY = "(created_at AT TIME ZONE 'UTC')::date::text";
const figuresSql = (kind: string): string =>
  `SELECT kind, ${DAY} AS day, coalesce(currency, '') AS currency, count(*) AS objects, coalesce(sum(amount_minor), 0)::text AS amount,
      sum(('x' || left(md5(concat(id, '|', deleted::int, '|', status, '|', amount_minor, '|', customer_id)), 15))::bit(60)::bigint)::text AS fingerprint
      FROM (${factsSql(kind)}) f GROUP BY 1, 2, 3`;
const FIGURES = [...MIRROR_KINDS, RAW].map(figuresSql).join('\nUNION ALL ');

/** Of a kind that has a table of its own, or of all that there is. */
export async function mirrorFigures(
  db: FactsDb,
  workspaceId: string,
  kind: string | null,
): Promise<readonly MirrorFigures[]> {
  const rows = await db.$queryRawUnsafe<(MirrorGroup & { objects: bigint; amount: string; fingerprint: string })[]>(
    kind === null ? FIGURES : figuresSql(kind),
    workspaceId,
  );
  return rows.map(({ kind, day, currency, objects, amount, fingerprint }) => ({
    kind,
    day,
    currency,
    objects,
    amountMinor: BigInt(amount),
    fingerprint: BigInt(fingerprint),
  }));
}

/** Ids of a group in their order, past one of them; at most `limit`. */
export async function idsOfGroup(
  db: FactsDb,
  workspaceId: string,
  { kind, day, currency }: MirrorGroup,
  after: string,
  limit: number,
): Promise<readonly string[]> {
  const rows = await db.$queryRawUnsafe<{ id: string }[]>(
    `SELECT id FROM (${factsSql(kind)}) f WHERE kind = $2 AND created_at >= $3::date::timestamp AT TIME ZONE 'UTC'
       AND created_at < ($3::date + 1)::timestamp AT TIME ZONE 'UTC' AND coalesce(currency, '') = $4 AND id > $5 ORDER BY id LIMIT $6`,
    workspaceId,
    kind,
    day,
    currency,
    after,
    limit,
  );
  return rows.map(({ id }) => id);
}

export async function factsByIds(
  db: FactsDb,
  workspaceId: string,
  kind: ObjectKind,
  ids: readonly string[],
): Promise<readonly MirroredFacts[]> {
  return db.$queryRawUnsafe<MirroredFacts[]>(
    `SELECT kind, id AS "objectId", stripe_id AS "stripeId", account, created_at AS "createdAt", at, deleted, status, currency,
       amount_minor AS "amountMinor", customer_id AS "customerId" FROM (${factsSql(kind)}) f WHERE kind = $2 AND id = ANY($3)`,
    workspaceId,
    kind,
    ids,
  );
}
