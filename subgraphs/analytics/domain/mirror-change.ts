/** A state that an object of billing's mirror has taken on. */
export interface MirrorChange {
  readonly workspaceId: string;
  /** Stripe's word for what it is. */
  readonly kind: string;
  readonly objectId: string;
  /** Grows with every change of the workspace; the same change always has the same. */
  readonly version: bigint;
  readonly stripeId: string;
  readonly account: string;
  /** When the object was created, in the provider's time. */
  readonly createdAt: Date;
  /** When the provider says that it was so. */
  readonly at: Date;
  readonly deleted: boolean;
  readonly status: string | null;
  readonly currency: string | null;
  readonly amountMinor: bigint | null;
  readonly customerId: string | null;
  /** Wall time. */
  readonly recordedAt: Date;
}

/** More than any event holds. */
const CHANGES_PER_EVENT = 1_000_000n;

/** The place of what was read from the mirror itself when the stream stood at `position`: after everything that the stream says up to there. */
export function versionOfRead(position: bigint): bigint {
  return versionOf(position, Number(CHANGES_PER_EVENT) - 1);
}

/** A place far past everything that the stream can say soon: a greater one was not given by it. */
export function versionBeyond(position: bigint): bigint {
  return versionOf(position + 1_000_000_000n, 0);
}

/** The place of a change: that of its event in the stream, and its own in the event. */
export function versionOf(position: bigint, index: number): bigint {
  return position * CHANGES_PER_EVENT + BigInt(index);
}
