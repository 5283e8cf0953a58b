import type { ClickHouseMigration } from '#subgraphs/shared/clickhouse/migrate.ts';

/** One row per recovery case as of its newest shipped event; `version` is that event's position in the stream. */
export const recoveryCases: ClickHouseMigration = {
  id: '0003-recovery-cases',
  sql: [
    `CREATE TABLE IF NOT EXISTS recovery_case_current (
       workspace_id String,
       case_id String,
       version UInt64,
       invoice_id String,
       customer_id String,
       state LowCardinality(String),
       currency LowCardinality(String),
       amount_minor Int64,
       recovered_amount_minor Int64,
       opened_at DateTime64(3, 'UTC'),
       cohort_date Date DEFAULT toDate(opened_at),
       recovered_at Nullable(DateTime64(3, 'UTC')),
       closed_at Nullable(DateTime64(3, 'UTC')),
       attribution LowCardinality(String),
       decline_class LowCardinality(String),
       shipped_at DateTime64(3, 'UTC') DEFAULT now64(3)
     )
     ENGINE = ReplacingMergeTree(version)
     ORDER BY (workspace_id, case_id)`,

    `CREATE OR REPLACE VIEW workspace_recovery_cases AS
     SELECT * FROM recovery_case_current FINAL
     WHERE workspace_id = {workspace_id:String}`,
  ],
};
