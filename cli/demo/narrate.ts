import type { LiveEvent } from './live.ts';

export const say = (line: string): void => {
  console.log(line);
};

const SENTENCES: Record<string, (event: LiveEvent) => string> = {
  CASE_OPENED: (event) =>
    `payment failed: case opened for ${event.customer?.name ?? 'a customer'}, ${event.invoice?.amountRemaining.amount ?? ''} ${event.invoice?.amountRemaining.currency ?? ''}`,
  CASE_CLASSIFIED: () => 'the decline was classified',
  MESSAGE_QUEUED: (event) => `a mail was decided on: ${(event.message?.kind ?? '').toLowerCase().replaceAll('_', ' ')}`,
  MESSAGE_SENT: (event) =>
    `mail sent: ${(event.message?.kind ?? '').toLowerCase().replaceAll('_', ' ')} to ${event.message?.recipient ?? ''}`,
  RETRY_SCHEDULED: () => 'a retry was scheduled',
  RETRY_DECLINED: (event) => `retry declined: ${event.attempt?.declineCode ?? 'no reason given'}`,
  RETRY_SUCCEEDED: () => 'retry succeeded: Stripe collected the invoice',
  LINK_CREATED: () => 'a magic link was made',
  LINK_OPENED: () => 'the customer opened the link',
  CARD_UPDATED: () => 'the card that failed was replaced',
  CASE_RECOVERED: () => 'invoice paid: RECOVERED',
  CASE_CLOSED: () => 'the case was closed',
};

/** One line an event, with its business time and the fields that other subgraphs own. */
export function sayEvent(event: LiveEvent): void {
  const sentence = SENTENCES[event.type]?.(event) ?? event.type.toLowerCase().replaceAll('_', ' ');
  say(`  ${event.at.slice(0, 16).replace('T', ' ')}  ${sentence}`);
}
