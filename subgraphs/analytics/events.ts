import { z, type ZodType } from 'zod';
import { moneyJsonSchema } from '#subgraphs/shared/money/money-json.ts';
import type { StoredEvent } from '#subgraphs/shared/events/define.ts';
import type { MirrorChange } from './domain/mirror-change.ts';
import type { RecoveryCaseChange } from './domain/recovery-case.ts';

/** What analytics reads of recovery's events: its own view of them, so that recovery may add fields freely. */
const Money = moneyJsonSchema.transform(({ amountMinor, currency }) => ({
  amountMinor: BigInt(amountMinor),
  currency,
}));
const Instant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

const CaseOpened = z.object({
  caseId: z.string(),
  invoiceId: z.string(),
  customerId: z.string(),
  amount: Money,
  declineClass: z.string(),
  openedAt: Instant,
});
const CaseClassified = z.object({ caseId: z.string(), declineClass: z.string() });
const CaseRecovered = z.object({ caseId: z.string(), amount: Money, recoveredAt: Instant, attribution: z.string() });
const CaseClosed = z.object({ caseId: z.string(), closedAt: Instant });

/** What an event says about a recovery case, in the words of our own domain. */
export function readCaseChange(
  event: Pick<StoredEvent, 'type' | 'payload'>,
): { caseId: string; change: RecoveryCaseChange } | 'IRRELEVANT' | 'UNREADABLE' {
  const reader = READERS.get(event.type);
  if (reader === undefined) return 'IRRELEVANT';
  const read = reader.safeParse(event.payload);
  return read.success ? read.data : 'UNREADABLE';
}

type CaseReader = ZodType<{ caseId: string; change: RecoveryCaseChange }>;

const READERS: ReadonlyMap<string, CaseReader> = new Map<string, CaseReader>([
  [
    'recovery.case.opened',
    CaseOpened.transform(({ caseId, amount, ...rest }) => ({
      caseId,
      change: { kind: 'OPENED' as const, ...rest, ...amount },
    })),
  ],
  [
    'recovery.case.classified',
    CaseClassified.transform(({ caseId, declineClass }) => ({
      caseId,
      change: { kind: 'CLASSIFIED' as const, declineClass },
    })),
  ],
  [
    'recovery.case.recovered',
    CaseRecovered.transform(({ caseId, amount, ...rest }) => ({
      caseId,
      change: { kind: 'RECOVERED' as const, ...rest, ...amount },
    })),
  ],
  [
    'recovery.case.closed',
    CaseClosed.transform(({ caseId, closedAt }) => ({ caseId, change: { kind: 'CLOSED' as const, closedAt } })),
  ],
]);

export const MIRROR_CHANGED = 'billing.mirror.changed';

const MirrorChanged = z.object({
  changes: z.array(
    z
      .object({
        kind: z.string(),
        id: z.string(),
        stripeId: z.string(),
        account: z.string(),
        createdAt: Instant,
        at: Instant,
        deleted: z.boolean(),
        status: z.string().nullable(),
        currency: z.string().nullable(),
        amountMinor: z.string().transform(BigInt).nullable(),
        customerId: z.string().nullable(),
      })
      .transform(({ id, ...change }) => ({ ...change, objectId: id })),
  ),
});

/** What has changed in billing's mirror; null for an event that cannot be read. */
export function readMirrorChanges(
  event: Pick<StoredEvent, 'payload'>,
): readonly Omit<MirrorChange, 'workspaceId' | 'version' | 'recordedAt'>[] | null {
  const read = MirrorChanged.safeParse(event.payload);
  return read.success ? read.data.changes : null;
}
