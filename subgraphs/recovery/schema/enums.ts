import { builder } from './builder.ts';

const described = <Name extends string>(values: Record<Name, string>): Record<Name, { description: string }> =>
  Object.fromEntries(Object.entries<string>(values).map(([name, description]) => [name, { description }])) as Record<
    Name,
    { description: string }
  >;

export const RecoveryCaseState = builder.enumType('RecoveryCaseState', {
  description: 'Where a recovery case stands. It leaves OPEN once.',
  values: described({
    OPEN: 'Its workflow is at work.',
    RECOVERED: 'The invoice was paid while the case was open.',
    CLOSED: 'It ended without a payment; see `closeReason`.',
  }),
});

export const RecoveryCloseReason = builder.enumType('RecoveryCloseReason', {
  description: 'Why a case ended without a payment.',
  values: described({
    VOIDED: 'The merchant voided the invoice.',
    UNCOLLECTIBLE: 'The merchant marked the invoice uncollectible.',
    EXHAUSTED: 'The workflow came to its end.',
    CANCELED: 'Somebody canceled the case.',
    REFUSED: "The payment was refused by the merchant's own rules or integration, which no customer can change.",
  }),
});

export const RecoveryAttribution = builder.enumType('RecoveryAttribution', {
  description: 'What brought the payment, by the first rule that fits.',
  values: described({
    LINK: 'The customer entered a new card through a magic link.',
    OUR_RETRY: 'A retry of ours went through.',
    ORGANIC: "Anything else: paid elsewhere, or by the provider's own retries.",
  }),
});

export const DeclineClassEnum = builder.enumType('DeclineClass', {
  description: 'What a decline means for the next attempt with the same payment method.',
  values: described({
    HARD_STOP: 'Never try this payment method again.',
    NEEDS_CUSTOMER: 'The customer has to do something first: authenticate, correct a field, call the bank.',
    SOFT_FUNDS: 'No funds or a limit reached: may work later.',
    SOFT_TECH: 'A technical problem at the bank: may work soon.',
    SOFT_UNKNOWN: 'The bank gave no usable reason: few and cautious attempts.',
    POLICY: "The merchant's own rules or integration refused; not a matter for the customer.",
  }),
});

export const StepStateEnum = builder.enumType('RecoveryStepState', {
  description: 'How far a step of a workflow has come.',
  values: described({
    RUNNING: 'Begun and not over.',
    DONE: 'Over; see `outcome`.',
    SKIPPED: 'Passed over; see `outcome` for the reason.',
    CANCELED: 'The case ended before it was over.',
  }),
});

export const RetryAttemptState = builder.enumType('RetryAttemptState', {
  description: 'How far an attempt to collect an invoice has come.',
  values: described({
    SCHEDULED: 'Decided, and not sent.',
    SENDING: 'On its way to the provider.',
    SUCCEEDED: 'The provider collected the invoice.',
    DECLINED: 'The bank declined; see `declineCode`.',
    SKIPPED: 'Not sent after all; see `skipReason`.',
    UNKNOWN: 'Sent, and no answer came: the provider is being asked what became of it.',
  }),
});

export const RetryOrigin = builder.enumType('RetryOrigin', {
  description: 'Who decided on an attempt.',
  values: described({
    WORKFLOW: 'A retry step of the workflow.',
    LINK: 'The customer, by entering a new card through a magic link.',
  }),
});

export const MessageKindEnum = builder.enumType('RecoveryMessageKind', {
  description: 'Which e-mail it is.',
  values: described({
    REMINDER: 'Tells that the payment did not go through.',
    MAGIC_LINK: 'Carries a link on which another card can be entered.',
    FINAL_NOTICE: 'The last mail about the invoice, with a fresh link.',
  }),
});

export const MessageStateEnum = builder.enumType('RecoveryMessageState', {
  description: 'How far an e-mail has come.',
  values: described({
    QUEUED: 'Decided, and waiting for its time.',
    SENDING: 'On its way to the mail provider.',
    SENT: 'Taken by the mail provider.',
    DROPPED: 'Not sent; see `dropReason`.',
    UNKNOWN: 'Handed over, and no answer came: the mail provider is being asked.',
  }),
});

export const MagicLinkState = builder.enumType('MagicLinkState', {
  description: 'Where a magic link stands. Opening it uses nothing up; saving a card does.',
  values: described({
    ISSUED: 'In the mail, and not opened.',
    OPENED: 'Somebody, perhaps a mail scanner, looked at its page.',
    COMPLETED: 'A card was saved through it.',
    REVOKED: 'A newer link was sent, or the case ended.',
    EXPIRED: 'Its time ran out.',
  }),
});
