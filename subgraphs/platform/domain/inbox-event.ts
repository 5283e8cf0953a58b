export type InboxState = 'RECEIVED' | 'APPLIED' | 'IGNORED' | 'FAILED' | 'DEAD';

/** A delivery that was correctly signed, as it is shown. The body is read apart. */
export interface InboxEvent {
  readonly workspaceId: string;
  readonly id: string;
  readonly provider: string;
  readonly connectionId: string;
  readonly providerEventId: string;
  readonly eventType: string | null;
  readonly eventCreatedAt: Date | null;
  readonly account: string;
  readonly livemode: boolean | null;
  readonly apiVersion: string | null;
  readonly objectId: string | null;
  readonly secretId: string | null;
  readonly state: InboxState;
  readonly reason: string | null;
  readonly attempts: number;
  readonly receivedAt: Date;
  readonly nextAttemptAt: Date | null;
  readonly appliedAt: Date | null;
}
