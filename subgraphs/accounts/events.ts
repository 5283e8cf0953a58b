import { z } from 'zod';
import { defineEvent } from '#subgraphs/shared/events/define.ts';

const about = z.object({
  connectionId: z.string(),
  provider: z.enum(['STRIPE']),
  account: z.string(),
  livemode: z.boolean(),
});

/** The credential works and is kept; the provider is being asked to send its events. */
export const connectionPrepared = defineEvent({
  type: 'accounts.connection.prepared',
  version: 1,
  subject: 'Connection',
  payload: about,
});

/** From here on deliveries are accepted and the credential may be used. */
export const connectionCreated = defineEvent({
  type: 'accounts.connection.created',
  version: 1,
  subject: 'Connection',
  payload: about,
});

/** Nothing is read with its credential any more and its endpoint answers 404. What was mirrored stays. */
export const connectionDisconnected = defineEvent({
  type: 'accounts.connection.disconnected',
  version: 1,
  subject: 'Connection',
  payload: about,
});

const aboutRun = z.object({
  runId: z.string(),
  connectionId: z.string(),
  kind: z.enum(['BACKFILL', 'CATCH_UP', 'COMPARISON']),
  state: z.enum(['RUNNING', 'SUCCEEDED', 'PARTIAL']),
  /** A whole number as text. */
  done: z.string(),
  differing: z.number().int(),
});

/** A pass over a connected account has begun. */
export const syncRunStarted = defineEvent({
  type: 'accounts.sync_run.started',
  version: 1,
  subject: 'SyncRun',
  payload: aboutRun,
});

export const syncRunProgressed = defineEvent({
  type: 'accounts.sync_run.progressed',
  version: 1,
  subject: 'SyncRun',
  payload: aboutRun,
});

/** It is over: with everything, or with what the provider would show. */
export const syncRunFinished = defineEvent({
  type: 'accounts.sync_run.finished',
  version: 1,
  subject: 'SyncRun',
  payload: aboutRun,
});

export const SYNC_RUN_EVENTS = [syncRunStarted, syncRunProgressed, syncRunFinished];
