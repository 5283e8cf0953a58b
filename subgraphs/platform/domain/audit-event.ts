import type { Json } from '#subgraphs/shared/json/json.ts';

export type AuditOutcome = 'DONE' | 'UNCHANGED' | 'REFUSED';
export type ActorType = 'API_KEY' | 'OPERATOR' | 'SYSTEM' | 'CUSTOMER';

/** One accepted mutation: who asked for what, and what came of it. */
export interface AuditEvent {
  readonly workspaceId: string;
  readonly id: string;
  readonly action: string;
  readonly outcome: AuditOutcome;
  readonly actorType: ActorType;
  readonly actorId: string;
  readonly targetId: string | null;
  readonly refusalCode: string | null;
  /** Secrets were taken out before it was written. */
  readonly input: Json;
  readonly requestId: string;
  readonly occurredAt: Date;
}
