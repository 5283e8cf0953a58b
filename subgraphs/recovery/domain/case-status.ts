export const CASE_STATES = ['OPEN', 'RECOVERED', 'CLOSED'] as const;
/** OPEN moves to RECOVERED or CLOSED; nothing leaves those. */
export type CaseState = (typeof CASE_STATES)[number];

export const CLOSE_REASONS = ['VOIDED', 'UNCOLLECTIBLE', 'EXHAUSTED', 'CANCELED', 'REFUSED'] as const;
export type CloseReason = (typeof CLOSE_REASONS)[number];
