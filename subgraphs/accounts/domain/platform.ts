import type { WorkspaceMode } from '#subgraphs/shared/db/context.ts';

/** Our own Stripe account as a platform that others connect theirs to. A configuration, the same in every process. */
export interface StripePlatform {
  /** The key that calls are made with, in the name of a connected account. */
  readonly apiKey: string;
  readonly clientId: string;
  /** Of the platform's endpoint for events of connected accounts; several while one is rolled. */
  readonly webhookSecrets: readonly string[];
}

/** Null for a mode in which accounts cannot be connected by OAuth. */
export type StripePlatforms = Readonly<Record<WorkspaceMode, StripePlatform | null>>;
