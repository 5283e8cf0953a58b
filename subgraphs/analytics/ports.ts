import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { MirrorChange } from './domain/mirror-change.ts';
import type { MirrorFigures, MirrorGroup } from './domain/mirror-difference.ts';
import type { RecoveryCaseFacts } from './domain/recovery-case.ts';

export type MirroredObject = Omit<MirrorChange, 'workspaceId' | 'version' | 'recordedAt'>;

/** Billing's mirror as it is in PostgreSQL: what the copy here is compared with. Filled in by whoever composes the product. */
export interface MirrorPort {
  /** Stripe's words for the kinds that can be compared alone. What else there is, is compared with all the others. */
  readonly kinds: readonly string[];
  /** Of one of these kinds, or of all that there is. */
  figures(ctx: UseCaseContext, kind: string | null): Promise<readonly MirrorFigures[]>;
  /** Ids of a group in their order, past `after`; at most `limit`. */
  idsOf(ctx: UseCaseContext, group: MirrorGroup, after: string, limit: number): Promise<readonly string[]>;
  /** Those of these objects that there are. */
  objects(ctx: UseCaseContext, kind: string, ids: readonly string[]): Promise<readonly MirroredObject[]>;
}

export type CaseInRecovery = Omit<RecoveryCaseFacts, 'workspaceId' | 'version'>;

/** The cases that were opened on a day (UTC), in a state, in a currency. */
export interface CaseGroup {
  readonly day: string;
  readonly state: string;
  readonly currency: string;
}

export interface CaseFigures extends CaseGroup {
  readonly cases: bigint;
  /** Unpaid when they were opened, in minor units. */
  readonly amountMinor: bigint;
  /** As in `MirrorFigures`, of each case's `id|invoice|customer|amount|recovered amount|opened at|ended at|attribution|decline class`, instants in milliseconds. */
  readonly fingerprint: bigint;
}

/** Recovery's cases as they are in PostgreSQL, in the words of the events that told of them. Filled in by whoever composes the product. */
export interface CasesPort {
  figures(ctx: UseCaseContext): Promise<readonly CaseFigures[]>;
  /** Ids of a group in their order, past `after`; at most `limit`. */
  idsOf(ctx: UseCaseContext, group: CaseGroup, after: string, limit: number): Promise<readonly string[]>;
  /** Those of these cases that there are. */
  cases(ctx: UseCaseContext, ids: readonly string[]): Promise<readonly CaseInRecovery[]>;
}
