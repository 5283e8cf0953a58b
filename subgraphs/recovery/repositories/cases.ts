import type { RecoveryCase as Row } from '#prisma/generated/client/client.ts';
import type { Attribution } from '../domain/attribution.ts';
import type { CaseState, CloseReason } from '../domain/case-status.ts';
import type { DeclineClass } from '../domain/decline-classes.ts';
import { COUNTED_TO, keysetQuery, type KeysetPage } from '#subgraphs/shared/graphql/keyset.ts';
import type { Tx } from '#subgraphs/shared/db/context.ts';
import type { RecoveryDb } from './db.ts';

/** One attempt to win one unpaid invoice back. */
export type RecoveryCase = Omit<Row, 'state' | 'closeReason' | 'attribution' | 'declineClass'> & {
  readonly state: CaseState;
  readonly closeReason: CloseReason | null;
  readonly attribution: Attribution | null;
  readonly declineClass: DeclineClass;
};

export type NewRecoveryCase = Pick<
  RecoveryCase,
  | 'workspaceId'
  | 'id'
  | 'invoiceId'
  | 'customerId'
  | 'subscriptionId'
  | 'amountMinor'
  | 'currency'
  | 'attemptCount'
  | 'declineCode'
  | 'declineClass'
  | 'retryNotBefore'
  | 'timeZone'
  | 'workflowVersionId'
  | 'openedAt'
>;

/** @returns null when another transaction opened a case for this invoice first. */
export async function insertCase(db: RecoveryDb, fresh: NewRecoveryCase): Promise<RecoveryCase | null> {
  // ON CONFLICT DO NOTHING meets the partial unique index too: two at once open one case.
  const { count } = await db.recoveryCase.createMany({
    data: [{ ...fresh, failedAmountMinor: fresh.amountMinor, state: 'OPEN' }],
    skipDuplicates: true,
  });
  return count === 0 ? null : lockCase(db, fresh.workspaceId, fresh.id);
}

/**
 * The case, locked until the transaction ends. Everything that moves a case or its steps, messages, attempts and links takes this
 * lock first: it is what makes "paid" and "send the next mail" meet in an order.
 */
export async function lockCase(db: RecoveryDb, workspaceId: string, caseId: string): Promise<RecoveryCase | null> {
  await db.$queryRaw`SELECT 1 FROM recovery.recovery_case WHERE workspace_id = ${workspaceId} AND id = ${caseId} FOR UPDATE`;
  return findCase(db, workspaceId, caseId);
}

/** The open case of an invoice, locked like lockCase. Asked for every invoice that is paid, and most have none. */
export async function lockOpenCaseOf(
  { db, query, workspaceId }: Pick<Tx, 'query' | 'workspaceId'> & { readonly db: RecoveryDb },
  invoiceId: string,
): Promise<RecoveryCase | null> {
  // One that ended while we waited for its lock is open no more, and not found.
  const [found] = await query<{ id: string }>(
    `SELECT id FROM recovery.recovery_case WHERE workspace_id = $1 AND invoice_id = $2 AND state = 'OPEN' FOR UPDATE`,
    [workspaceId, invoiceId],
  );
  return found ? findCase(db, workspaceId, found.id) : null;
}

export async function hasCase(db: RecoveryDb, workspaceId: string, invoiceId: string): Promise<boolean> {
  return (await db.recoveryCase.count({ where: { workspaceId, invoiceId } })) > 0;
}

export async function findCase(db: RecoveryDb, workspaceId: string, id: string): Promise<RecoveryCase | null> {
  const row = await db.recoveryCase.findUnique({ where: { workspaceId_id: { workspaceId, id } } });
  return row && toCase(row);
}

export async function casesByIds(
  db: RecoveryDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, RecoveryCase>> {
  const rows = await db.recoveryCase.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toCase(row)]));
}

/** The newest case of each invoice. */
export async function casesByInvoices(
  db: RecoveryDb,
  workspaceId: string,
  invoiceIds: readonly string[],
): Promise<Map<string, RecoveryCase>> {
  const rows = await db.recoveryCase.findMany({
    where: { workspaceId, invoiceId: { in: [...invoiceIds] } },
    orderBy: [{ openedAt: 'asc' }, { id: 'asc' }], // the newest is set last
  });
  return new Map(rows.map((row) => [row.invoiceId, toCase(row)]));
}

export interface CaseFilter {
  readonly state?: CaseState | undefined;
}

export async function listCases(
  db: RecoveryDb,
  workspaceId: string,
  { state }: CaseFilter,
  page: KeysetPage,
): Promise<RecoveryCase[]> {
  const { where, ...rest } = keysetQuery('openedAt', page);
  const rows = await db.recoveryCase.findMany({
    where: { workspaceId, ...(state && { state }), AND: [where] },
    ...rest,
  });
  return rows.map(toCase);
}

/** Exact up to COUNTED_TO. */
export async function countCases(db: RecoveryDb, workspaceId: string, { state }: CaseFilter): Promise<number> {
  return db.recoveryCase.count({ where: { workspaceId, ...(state && { state }) }, take: COUNTED_TO });
}

/** Columns that change while a case runs. */
export type CaseChange = Partial<
  Pick<
    RecoveryCase,
    | 'state'
    | 'closeReason'
    | 'closeNote'
    | 'attribution'
    | 'amountMinor'
    | 'recoveredAmountMinor'
    | 'attemptCount'
    | 'declineCode'
    | 'declineClass'
    | 'retryNotBefore'
    | 'currentStepId'
    | 'closedAt'
  >
>;

export async function updateCase(
  db: RecoveryDb,
  { workspaceId, id }: RecoveryCase,
  change: CaseChange,
): Promise<RecoveryCase> {
  return toCase(await db.recoveryCase.update({ where: { workspaceId_id: { workspaceId, id } }, data: change }));
}

function toCase(row: Row): RecoveryCase {
  // The CHECK constraints of the table hold these columns to the values that the types name.
  return row as RecoveryCase;
}
