import { describe, expect, it } from '@jest/globals';
import { applyToCase, type RecoveryCaseChange, type RecoveryCaseFacts } from './recovery-case.ts';

const openedAt = new Date('2026-11-01T00:00:00Z');
const opened: RecoveryCaseChange = {
  kind: 'OPENED',
  invoiceId: 'inv_1',
  customerId: 'cus_1',
  currency: 'USD',
  amountMinor: 2_000n,
  declineClass: 'SOFT_UNKNOWN',
  openedAt,
};
const classified: RecoveryCaseChange = { kind: 'CLASSIFIED', declineClass: 'SOFT_FUNDS' };
const recovered: RecoveryCaseChange = {
  kind: 'RECOVERED',
  currency: 'USD',
  amountMinor: 1_500n,
  recoveredAt: new Date('2026-11-05T00:00:00Z'),
  attribution: 'LINK',
};
const closed: RecoveryCaseChange = { kind: 'CLOSED', closedAt: new Date('2026-11-20T00:00:00Z') };

function after(...changes: RecoveryCaseChange[]): RecoveryCaseFacts | null {
  let facts: RecoveryCaseFacts | null = null;
  for (const [index, change] of changes.entries())
    facts = applyToCase(facts, { workspaceId: 'ws_1', caseId: 'case_1', position: BigInt(index + 1), change });
  return facts;
}

describe('a recovery case', () => {
  it.each([
    { events: [opened], state: 'IN_PROGRESS', recoveredAmountMinor: 0n, declineClass: 'SOFT_UNKNOWN' },
    { events: [opened, classified], state: 'IN_PROGRESS', recoveredAmountMinor: 0n, declineClass: 'SOFT_FUNDS' },
    {
      events: [opened, classified, recovered],
      state: 'RECOVERED',
      recoveredAmountMinor: 1_500n,
      declineClass: 'SOFT_FUNDS',
    },
    { events: [opened, closed], state: 'LOST', recoveredAmountMinor: 0n, declineClass: 'SOFT_UNKNOWN' },
    {
      events: [opened, recovered, closed],
      state: 'RECOVERED',
      recoveredAmountMinor: 1_500n,
      declineClass: 'SOFT_UNKNOWN',
    },
    {
      events: [opened, closed, recovered],
      state: 'RECOVERED',
      recoveredAmountMinor: 1_500n,
      declineClass: 'SOFT_UNKNOWN',
    },
  ])('is $state after $events.length events', ({ events, state, recoveredAmountMinor, declineClass }) => {
    expect(after(...events)).toMatchObject({
      state,
      recoveredAmountMinor,
      declineClass,
      version: BigInt(events.length),
      openedAt,
    });
  });

  it('does not exist before it was opened', () => {
    expect(after(classified, closed)).toBeNull();
  });

  it('is the same after a stretch of its events was applied again', () => {
    const facts = after(opened, classified, recovered);

    const again = [opened, classified, recovered].reduce(
      (soFar, change, index) =>
        applyToCase(soFar, { workspaceId: 'ws_1', caseId: 'case_1', position: BigInt(index + 1), change }),
      facts,
    );

    expect(again).toEqual(facts);
  });

  it('is recovered once: a second payment changes neither amount nor time', () => {
    const twice = after(opened, recovered, {
      ...recovered,
      amountMinor: 9_999n,
      recoveredAt: new Date('2026-11-30T00:00:00Z'),
    });

    expect(twice).toMatchObject({ recoveredAmountMinor: 1_500n, recoveredAt: new Date('2026-11-05T00:00:00Z') });
  });

  it('never takes over an amount in another currency', () => {
    expect(after(opened, { ...recovered, currency: 'JPY' })).toMatchObject({
      currency: 'USD',
      recoveredAmountMinor: 2_000n,
    });
  });
});
