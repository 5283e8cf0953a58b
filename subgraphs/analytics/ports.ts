import type { UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { MirrorChange } from './domain/mirror-change.ts';
import type { MirrorFigures, MirrorGroup } from './domain/mirror-difference.ts';

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
