/** Where a case stands: money back, given up (whatever the reason), or neither yet. */
export type RecoveryCaseState = 'IN_PROGRESS' | 'RECOVERED' | 'LOST';

/** A recovery case as of one event. Amounts are minor units of `currency`. */
export interface RecoveryCaseFacts {
  readonly workspaceId: string;
  readonly caseId: string;
  /** Position in the event stream of the newest event in here. */
  readonly version: bigint;
  readonly invoiceId: string;
  readonly customerId: string;
  readonly state: RecoveryCaseState;
  readonly currency: string;
  readonly amountMinor: bigint;
  readonly recoveredAmountMinor: bigint;
  readonly openedAt: Date;
  readonly recoveredAt: Date | null;
  readonly closedAt: Date | null;
  /** What brought the money back, in recovery's words; empty until recovered. */
  readonly attribution: string;
  /** Why the payment failed, in recovery's words. */
  readonly declineClass: string;
}

/** Stripe has no word for it: ours, beside the kinds of billing's objects. */
export const RECOVERY_CASE = 'recovery_case';

type Compared = Omit<RecoveryCaseFacts, 'workspaceId' | 'version'>;

export function sameCase(a: Compared | undefined, b: Compared | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  const said = (of: Compared): readonly unknown[] => [
    of.invoiceId,
    of.customerId,
    of.state,
    of.currency,
    of.amountMinor,
    of.recoveredAmountMinor,
    of.openedAt.getTime(),
    of.recoveredAt?.getTime(),
    of.closedAt?.getTime(),
    of.attribution,
    of.declineClass,
  ];
  const others = said(b);
  return said(a).every((each, index) => each === others[index]);
}

/** What an event says about a case. */
export type RecoveryCaseChange =
  | {
      readonly kind: 'OPENED';
      readonly invoiceId: string;
      readonly customerId: string;
      readonly currency: string;
      readonly amountMinor: bigint;
      readonly declineClass: string;
      readonly openedAt: Date;
    }
  | { readonly kind: 'CLASSIFIED'; readonly declineClass: string }
  | {
      readonly kind: 'RECOVERED';
      readonly currency: string;
      readonly amountMinor: bigint;
      readonly recoveredAt: Date;
      readonly attribution: string;
    }
  | { readonly kind: 'CLOSED'; readonly closedAt: Date };

export interface PositionedChange {
  readonly workspaceId: string;
  readonly caseId: string;
  readonly position: bigint;
  readonly change: RecoveryCaseChange;
}

/**
 * The case after one more event. An event that is in it already (its position is not past the version) changes nothing, so that
 * shipping a stretch of the stream again ends in the same row. Null while the case's opening has not been seen.
 */
export function applyToCase(
  facts: RecoveryCaseFacts | null,
  { workspaceId, caseId, position, change }: PositionedChange,
): RecoveryCaseFacts | null {
  if (change.kind === 'OPENED' && facts === null) return openedCase(workspaceId, caseId, position, change);
  if (facts === null || position <= facts.version) return facts;
  return { ...facts, ...changed(facts, change), version: position };
}

function openedCase(
  workspaceId: string,
  caseId: string,
  version: bigint,
  opened: Extract<RecoveryCaseChange, { kind: 'OPENED' }>,
): RecoveryCaseFacts {
  const { invoiceId, customerId, currency, amountMinor, declineClass, openedAt } = opened;
  return {
    workspaceId,
    caseId,
    version,
    invoiceId,
    customerId,
    currency,
    amountMinor,
    declineClass,
    openedAt,
    state: 'IN_PROGRESS',
    recoveredAmountMinor: 0n,
    recoveredAt: null,
    closedAt: null,
    attribution: '',
  };
}

function changed(facts: RecoveryCaseFacts, change: RecoveryCaseChange): Partial<RecoveryCaseFacts> {
  switch (change.kind) {
    case 'OPENED':
      return {};
    case 'CLASSIFIED':
      return { declineClass: change.declineClass };
    case 'RECOVERED':
      return recovered(facts, change);
    // Closing says that the work ended, not that it failed: money that came back stays recovered.
    case 'CLOSED':
      return { closedAt: change.closedAt, state: facts.state === 'RECOVERED' ? 'RECOVERED' : 'LOST' };
  }
}

/** Also a case that was given up is recovered when the customer pays after all. */
function recovered(
  facts: RecoveryCaseFacts,
  { currency, amountMinor, recoveredAt, attribution }: Extract<RecoveryCaseChange, { kind: 'RECOVERED' }>,
): Partial<RecoveryCaseFacts> {
  if (facts.state === 'RECOVERED') return {};
  // An invoice keeps its currency; a sum in another one would be worth nothing, so the invoice's own amount stands for it.
  const recoveredAmountMinor = currency === facts.currency ? amountMinor : facts.amountMinor;
  return { state: 'RECOVERED', recoveredAmountMinor, recoveredAt, attribution };
}
