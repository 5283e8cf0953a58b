import type { Actor } from '../db/context.ts';
import type { PrismaTransactionClient } from '../db/prisma.ts';
import type { Json } from '../json/json.ts';
import { scrubText } from '../logging/scrub-text.ts';

export interface AuditEntry {
  readonly id: string;
  readonly workspaceId: string;
  /** The mutation's name. */
  readonly action: string;
  /** DONE: announced at least one event. UNCHANGED: accepted, and things were so already. REFUSED: nothing happened. */
  readonly outcome: 'DONE' | 'UNCHANGED' | 'REFUSED';
  readonly actor: Actor;
  readonly targetId: string | undefined;
  readonly refusalCode: string | undefined;
  readonly input: Json;
  readonly requestId: string;
  /** Wall time. */
  readonly occurredAt: Date;
}

const SECRET_FIELD = /(key|secret|token|password|credential|payload|payloadBase64|signature)s?$/i;

/** What is kept of an input: its shape and values, without those of fields that hold secrets and without secrets in any text. */
export function redactInput(value: Json): Json {
  if (Array.isArray(value)) return (value as readonly Json[]).map(redactInput);
  if (typeof value === 'string') return scrubText(value);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, field]) => [
      name,
      SECRET_FIELD.test(name) && field !== null ? '[redacted]' : redactInput(field ?? null),
    ]),
  );
}

/** One row per accepted mutation. Written in the mutation's transaction, or after the rollback for a refusal. */
export async function recordAudit(db: PrismaTransactionClient, entry: AuditEntry): Promise<void> {
  const { actor } = entry;
  await db.$executeRaw`
    INSERT INTO kernel.audit_event (workspace_id, id, action, outcome, actor_type, actor_id, target_id, refusal_code, input, request_id, occurred_at)
    VALUES (${entry.workspaceId}, ${entry.id}, ${entry.action}, ${entry.outcome}, ${actor.type}, ${actor.id}, ${entry.targetId ?? null},
            ${entry.refusalCode ?? null}, ${JSON.stringify(redactInput(entry.input))}::jsonb, ${entry.requestId}, ${entry.occurredAt})`;
}
