import type { ClickHouseMigration } from '#subgraphs/shared/clickhouse/migrate.ts';

/** The event log's copy. Keyed by event id, so that an event shipped twice is one row. */
export const events: ClickHouseMigration = {
  id: '0001-events',
  sql: [
    `CREATE TABLE IF NOT EXISTS events (
       workspace_id String,
       type LowCardinality(String),
       event_id String,
       position UInt64,
       seq UInt64,
       schema_version UInt16,
       subject_type LowCardinality(String),
       subject_id String,
       payload String,
       occurred_at DateTime64(3, 'UTC'),
       recorded_at DateTime64(3, 'UTC'),
       shipped_at DateTime64(3, 'UTC') DEFAULT now64(3)
     )
     ENGINE = ReplacingMergeTree
     ORDER BY (workspace_id, type, event_id)`,

    `CREATE OR REPLACE VIEW workspace_events AS
     SELECT * FROM events FINAL
     WHERE workspace_id = {workspace_id:String}`,
  ],
};
