import type { ZodType } from 'zod';
import type { UseCaseContext } from '../db/context.ts';

export interface ClaimedEffect<P> {
  readonly id: string;
  readonly key: string;
  readonly subjectId: string;
  readonly payload: P;
  /** Stable over every attempt: the provider sees one request however often we ask. */
  readonly idempotencyKey: string;
  /** Wall time of the first claim: where a lookup begins. */
  readonly claimedAt: Date;
}

export type Lookup<O> =
  { readonly sent: true; readonly outcome: O } | { readonly sent: false } | { readonly sent: 'UNKNOWABLE' };

/** An effect outside (a charge, a mail): claimed, sent, settled; after a crash looked up, never sent blindly again. */
export interface EffectHandler<P = unknown, O = unknown> {
  readonly kind: string;
  readonly payload: ZodType<P>;
  /** Inside the claiming transaction: is it still wanted, and now? */
  claim?(ctx: UseCaseContext, effect: ClaimedEffect<P>): Promise<'SEND' | 'DROP' | { deferUntil: Date }>;
  /**
   * No transaction. What the provider refuses is an outcome.
   * @throws {ProviderUnavailableError} when nobody knows whether it arrived: the effect becomes UNKNOWN and is looked up. With `notSent`
   *   nothing of it has left the house, and it is PENDING again.
   */
  send(ctx: UseCaseContext, effect: ClaimedEffect<P>): Promise<O>;
  lookup(ctx: UseCaseContext, effect: ClaimedEffect<P>): Promise<Lookup<O>>;
  /** Inside the transaction that marks the effect DONE. */
  settle(ctx: UseCaseContext, effect: ClaimedEffect<P>, outcome: O): Promise<void>;
  /**
   * Inside the transaction that gives the effect up, because its receiver can't be asked (`UNKNOWABLE`): it may have happened, nobody will
   * ever know, and it is not sent again. What it was for goes on, and shows it.
   */
  leaveUnknown?(ctx: UseCaseContext, effect: ClaimedEffect<P>): Promise<void>;
  /**
   * Inside the transaction that gives the effect up after too many attempts, which then waits for a person: for what was kept for the sending
   * alone and must not wait with it. The payload is left out, since it may be what nobody could read.
   */
  giveUp?(ctx: UseCaseContext, effect: Pick<ClaimedEffect<P>, 'id' | 'key' | 'subjectId'>): Promise<void>;
}

/** Forgets the types so that handlers of different effects fit one list; the payload is parsed before any of them is called. */
export function effectHandler<P, O>(handler: EffectHandler<P, O>): EffectHandler {
  return handler;
}
