/** Drives every clock that is advancing, also those that a process before this one left on the way, and closes Checkout Sessions whose time is over. */
import type { Pool } from 'pg';
import { inTransaction } from '../store/in-transaction.ts';
import { currentSession } from '../operations/checkout-sessions.ts';
import { Loop } from '../store/loop.ts';
import { stepClock } from './advance-clock.ts';

const IDLE_MS = 2000;

export interface ClockRunnerDeps {
  readonly pool: Pool;
  readonly publicUrl: () => string;
  readonly afterStep: () => void;
  readonly onError: (error: unknown) => void;
}

export function startClockRunner(deps: ClockRunnerDeps): Loop {
  return new Loop(async () => {
    for (const clock of await advancing(deps.pool)) {
      const scope = { account: clock.account, livemode: clock.livemode };
      while (await inTransaction(deps.pool, scope, deps.publicUrl(), (work) => stepClock(work, clock.id)))
        deps.afterStep();
      deps.afterStep();
    }
    for (const session of await overdueSessions(deps.pool)) {
      await inTransaction(
        deps.pool,
        { account: session.account, livemode: session.livemode },
        deps.publicUrl(),
        (work) => currentSession(work, session.id),
      );
      deps.afterStep();
    }
    return IDLE_MS;
  }, deps.onError);
}

interface Found {
  readonly account: string;
  readonly livemode: boolean;
  readonly id: string;
}

async function advancing(pool: Pool): Promise<Found[]> {
  const { rows } = await pool.query<Found>(
    `SELECT account, livemode, id FROM objects WHERE kind = 'test_helpers.test_clock' AND body ->> 'status' = 'advancing' AND NOT deleted ORDER BY seq`,
  );
  return rows;
}

async function overdueSessions(pool: Pool): Promise<Found[]> {
  const { rows } = await pool.query<Found>(
    `SELECT s.account, s.livemode, s.id FROM objects s
       LEFT JOIN objects c ON c.account = s.account AND c.livemode = s.livemode AND c.id = s.body ->> 'customer'
       LEFT JOIN objects k ON k.account = s.account AND k.livemode = s.livemode AND k.id = c.body ->> 'test_clock'
      WHERE s.kind = 'checkout.session' AND s.body ->> 'status' = 'open' AND (s.body ->> 'expires_at')::bigint <=
            CASE WHEN k.id IS NULL OR s.hidden ->> 'basis' = 'wall' THEN extract(epoch FROM now())::bigint ELSE (k.hidden ->> 'at')::bigint END`,
  );
  return rows;
}
