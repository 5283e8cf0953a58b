import type { ClickHouseMigration } from '#subgraphs/shared/clickhouse/migrate.ts';
import { events } from './0001-events.ts';
import { shipped } from './0002-shipped.ts';
import { mirror } from './0004-mirror.ts';
import { recoveryCases } from './0003-recovery-cases.ts';

/** In the order of application. A migration that has been released is never edited; the next number corrects it. */
export const analyticsMigrations: readonly ClickHouseMigration[] = [events, shipped, recoveryCases, mirror];
