import type { Message as Row } from '#prisma/generated/client/client.ts';
import type { MessageKind } from '../domain/next-step.ts';
import type { RecoveryDb } from './db.ts';
import { groupBy } from '#subgraphs/shared/batching/group-by.ts';

export const MESSAGE_STATES = ['QUEUED', 'SENDING', 'SENT', 'DROPPED', 'UNKNOWN'] as const;
export type MessageState = (typeof MESSAGE_STATES)[number];

/** One e-mail to the customer, without its text. */
export type Message = Omit<Row, 'kind' | 'state'> & { readonly kind: MessageKind; readonly state: MessageState };

type NewMessage = Pick<Message, 'workspaceId' | 'id' | 'caseId' | 'kind' | 'stepExecutionId' | 'queuedAt' | 'dueAt'>;

export async function insertMessage(db: RecoveryDb, fresh: NewMessage): Promise<Message> {
  return toMessage(await db.message.create({ data: { ...fresh, state: 'QUEUED' } }));
}

/** @throws when there is none: an effect names a row that was written with it. */
export async function getMessage(db: RecoveryDb, workspaceId: string, id: string): Promise<Message> {
  return toMessage(await db.message.findUniqueOrThrow({ where: { workspaceId_id: { workspaceId, id } } }));
}

export async function updateMessage(
  db: RecoveryDb,
  { workspaceId, id }: Message,
  change: Partial<Pick<Message, 'state' | 'recipient' | 'dropReason' | 'providerMessageId' | 'dueAt' | 'sentAt'>>,
): Promise<Message> {
  return toMessage(await db.message.update({ where: { workspaceId_id: { workspaceId, id } }, data: change }));
}

/** Messages nobody has begun to send. @returns how many. */
export async function dropQueuedMessages(db: RecoveryDb, workspaceId: string, caseId: string): Promise<number> {
  const where = { workspaceId, caseId, state: 'QUEUED' };
  return (await db.message.updateMany({ where, data: { state: 'DROPPED', dropReason: 'CASE_ENDED' } })).count;
}

/** A message of this kind that waits to be sent. */
export async function pendingMessage(
  db: RecoveryDb,
  workspaceId: string,
  caseId: string,
  kind: MessageKind,
): Promise<Message | null> {
  const row = await db.message.findFirst({
    where: { workspaceId, caseId, kind, state: { in: ['QUEUED', 'SENDING', 'UNKNOWN'] } },
  });
  return row && toMessage(row);
}

export async function messagesByIds(
  db: RecoveryDb,
  workspaceId: string,
  ids: readonly string[],
): Promise<Map<string, Message>> {
  const rows = await db.message.findMany({ where: { workspaceId, id: { in: [...ids] } } });
  return new Map(rows.map((row) => [row.id, toMessage(row)]));
}

/** In the order in which they were queued. */
export async function messagesByCases(
  db: RecoveryDb,
  workspaceId: string,
  caseIds: readonly string[],
): Promise<Map<string, Message[]>> {
  const rows = await db.message.findMany({
    where: { workspaceId, caseId: { in: [...caseIds] } },
    orderBy: [{ queuedAt: 'asc' }, { id: 'asc' }],
  });
  return groupBy(rows.map(toMessage), ({ caseId }) => caseId);
}

function toMessage(row: Row): Message {
  return row as Message; // held to these values by CHECK constraints
}
