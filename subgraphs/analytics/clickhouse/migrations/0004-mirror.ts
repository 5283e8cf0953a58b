import type { ClickHouseMigration } from '#subgraphs/shared/clickhouse/migrate.ts';

const COLUMNS = `
       workspace_id String,
       kind LowCardinality(String),
       object_id String,
       version UInt64,
       stripe_id String,
       account LowCardinality(String),
       created_at DateTime64(3, 'UTC'),
       at DateTime64(3, 'UTC'),
       deleted Bool,
       status LowCardinality(String),
       currency LowCardinality(String),
       amount_minor Nullable(Int64),
       customer_id String,
       recorded_at DateTime64(3, 'UTC')`;

/**
 * Billing's mirror: every state that an object has taken on, and the newest of each. `version` is the place of the change in the event stream,
 * so what is shipped twice is one row, and the greatest version is the state in PostgreSQL.
 */
export const mirror: ClickHouseMigration = {
  id: '0004-mirror',
  sql: [
    `CREATE TABLE IF NOT EXISTS mirror_history (${COLUMNS})
     ENGINE = ReplacingMergeTree
     ORDER BY (workspace_id, kind, object_id, version)`,

    `CREATE TABLE IF NOT EXISTS mirror_current (${COLUMNS})
     ENGINE = ReplacingMergeTree(version)
     ORDER BY (workspace_id, kind, object_id)`,

    `CREATE OR REPLACE VIEW workspace_mirror_history AS
     SELECT * FROM mirror_history FINAL
     WHERE workspace_id = {workspace_id:String}`,

    `CREATE OR REPLACE VIEW workspace_mirror AS
     SELECT * FROM mirror_current FINAL
     WHERE workspace_id = {workspace_id:String}`,
  ],
};
