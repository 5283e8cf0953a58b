import type { ZodType } from 'zod';
import type { Json } from '../json/json.ts';
import type { EventCounter } from '../metrics/catalogue.ts';

export interface NewEvent {
  readonly type: string;
  readonly version: number;
  readonly subjectType: string;
  readonly subjectId: string;
  readonly payload: Json;
  /** Besides events_published_total, this is counted when the event is committed. */
  readonly countedAs?: EventCounter;
  /** Where its trace stands, when many things that are announced at once were brought about by different ones; what is running, when left out. */
  readonly traceParent?: string | null | undefined;
}

export interface StoredEvent extends Omit<NewEvent, 'countedAs' | 'traceParent'> {
  readonly id: string;
  readonly workspaceId: string;
  /** Business time. */
  readonly occurredAt: Date;
  /** Wall time. */
  readonly recordedAt: Date;
  /** The number the dispatcher gave it in its workspace; absent until then. */
  readonly seq?: bigint;
}

export interface EventDefinition<P> {
  (event: { subjectId: string; payload: P }): NewEvent;
  readonly type: string;
  readonly version: number;
  readonly payload: ZodType<P>;
}

/**
 * Declares an event: `<domain>.<entity>.<past tense>`. The payload is JSON (money as text minor units with a currency, instants as ISO
 * text) and is checked when it is announced, so that a consumer never meets a shape that was not declared.
 */
export function defineEvent<P extends Json>(definition: {
  type: string;
  version: number;
  subject: string;
  payload: ZodType<P>;
}): EventDefinition<P> {
  const announce = (event: { subjectId: string; payload: P }): NewEvent => ({
    type: definition.type,
    version: definition.version,
    subjectType: definition.subject,
    subjectId: event.subjectId,
    payload: definition.payload.parse(event.payload),
  });
  return Object.assign(announce, { type: definition.type, version: definition.version, payload: definition.payload });
}
