import type { Json } from '../json/json.ts';
import type { UseCaseContext } from '../db/context.ts';

export interface DueTimer {
  readonly id: string;
  readonly key: string;
  readonly subjectId: string;
  readonly payload: Json;
  /** Business time. */
  readonly dueAt: Date;
}

export interface TimerHandler {
  readonly kind: string;
  /** Runs inside the transaction that marks the timer fired. */
  handle(ctx: UseCaseContext, timer: DueTimer): Promise<void>;
}
