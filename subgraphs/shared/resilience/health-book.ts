import type { Clock } from '../time/clock.ts';
import type { BreakerState, ProviderListener } from './listener.ts';
import { type FailureKind, opensBreaker, type PolicyKey } from './provider-call.ts';

/** How far back "lately" reaches, in both the counts that are kept and the answer of providerHealth. */
export const WINDOW_MS = 300_000;
const SLOT_MS = 30_000;
const SLOTS = WINDOW_MS / SLOT_MS;

const COUNTS = ['calls', 'failures', 'retries', 'rateLimited', 'heldBack'] as const;
type Count = (typeof COUNTS)[number];
type Counts = Record<Count, number>;

/** How one account's calls fare in this process. Instants are wall time. */
export interface HealthRecord extends Readonly<Counts> {
  readonly workspaceId: string;
  readonly provider: string;
  readonly account: string;
  readonly breaker: BreakerState;
  /** When the breaker left CLOSED, or came back to it; null when it has not moved. A failed probe is no new beginning. */
  readonly since: Date | null;
  readonly probeAt: Date | null;
  readonly budgetExhausted: boolean;
  readonly lastSuccessAt: Date | null;
  readonly lastFailureAt: Date | null;
  readonly lastFailureKind: FailureKind | null;
}

interface Entry {
  readonly key: PolicyKey & { readonly account: string };
  breaker: BreakerState;
  since: Date | null;
  probeAt: Date | null;
  budgetExhausted: boolean;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  lastFailureKind: FailureKind | null;
  /** A ring over the window; each slot knows which stretch of time it counts. */
  readonly slots: Partial<Record<number, Counts & { nth: number }>>;
  changed: boolean;
}

export interface HealthBook {
  readonly listener: ProviderListener;
  /** What changed since it was last taken; with `all`, also what has counts that will run out, or stands otherwise than closed. */
  take(options: { readonly all: boolean }): HealthRecord[];
  /** Given back after a failure to write it. */
  putBack(records: readonly HealthRecord[]): void;
}

const nothing = (): Counts => ({ calls: 0, failures: 0, retries: 0, rateLimited: 0, heldBack: 0 });

/** Keeps count per workspace and account, in memory. `onTransition` is told when a breaker moved, which should be seen soon. */
export function createHealthBook({
  wall,
  onTransition,
}: {
  readonly wall: Clock;
  readonly onTransition: () => void;
}): HealthBook {
  const entries = new Map<string, Entry>();
  const nameOf = ({ provider, workspaceId, account }: PolicyKey): string =>
    JSON.stringify([provider, workspaceId, account]);

  /** Calls with a key that is being tried belong to no account yet, and to nobody's health. */
  function note(key: PolicyKey, change: (entry: Entry) => void): void {
    const { account } = key;
    if (account === null) return;
    const name = nameOf(key);
    let entry = entries.get(name);
    if (entry === undefined) {
      entry = newEntry({ ...key, account });
      entries.set(name, entry);
    }
    change(entry);
    entry.changed = true;
  }

  function count(entry: Entry, what: Count): void {
    const nth = Math.floor(wall.now().getTime() / SLOT_MS);
    const index = nth % SLOTS;
    let slot = entry.slots[index];
    if (slot?.nth !== nth) entry.slots[index] = slot = { ...nothing(), nth };
    slot[what] += 1;
  }

  const listener: ProviderListener = {
    onAttempt: (key, { kind, isRetry }) => {
      note(key, (entry) => {
        count(entry, 'calls');
        if (isRetry) count(entry, 'retries');
        if (kind === null) {
          entry.lastSuccessAt = wall.now();
          return;
        }
        if (opensBreaker(kind)) count(entry, 'failures');
        if (kind === 'RATE_LIMITED') count(entry, 'rateLimited');
        entry.lastFailureAt = wall.now();
        entry.lastFailureKind = kind;
      });
    },
    onHeldBack: (key) => {
      note(key, (entry) => {
        count(entry, 'heldBack');
      });
    },
    onBudget: (key, { exhausted }) => {
      note(key, (entry) => {
        entry.budgetExhausted = exhausted;
      });
    },
    onBreaker: (key, { state, probeInMs }) => {
      const now = wall.now();
      note(key, (entry) => {
        if (entry.breaker === 'CLOSED' || state === 'CLOSED') entry.since = now;
        entry.breaker = state;
        entry.probeAt = probeInMs === null ? null : new Date(now.getTime() + probeInMs);
      });
      onTransition();
    },
  };

  function recordOf({ key, slots, changed: _changed, ...facts }: Entry): HealthRecord {
    const { workspaceId, provider, account } = key;
    const oldest = Math.floor(wall.now().getTime() / SLOT_MS) - SLOTS;
    const sum = nothing();
    for (const slot of Object.values(slots))
      if (slot !== undefined && slot.nth > oldest) for (const name of COUNTS) sum[name] += slot[name];
    return { workspaceId, provider, account, ...facts, ...sum };
  }

  return {
    listener,
    take: ({ all }) => {
      const taken: HealthRecord[] = [];
      for (const [name, entry] of entries) {
        const lives = entry.breaker !== 'CLOSED' || Object.keys(entry.slots).length > 0;
        if (!entry.changed && !(all && lives)) continue;
        const record = recordOf(entry);
        entry.changed = false;
        taken.push(record);
        // Nothing left to run out: told a last time, and forgotten until something happens again.
        if (entry.breaker === 'CLOSED' && COUNTS.every((each) => record[each] === 0)) entries.delete(name);
      }
      return taken;
    },
    putBack: (records) => {
      for (const record of records) {
        const entry = entries.get(nameOf(record));
        if (entry !== undefined) entry.changed = true;
      }
    },
  };
}

function newEntry(key: Entry['key']): Entry {
  return {
    key,
    breaker: 'CLOSED',
    since: null,
    probeAt: null,
    budgetExhausted: false,
    lastSuccessAt: null,
    lastFailureAt: null,
    lastFailureKind: null,
    slots: {},
    changed: false,
  };
}
