import type { ClickHouseMigration } from '#subgraphs/shared/clickhouse/migrate.ts';

/** How far each workspace has been shipped. Only maxima, which a repeated event doesn't change: the one materialized view that is safe. */
export const shipped: ClickHouseMigration = {
  id: '0002-shipped',
  sql: [
    `CREATE TABLE IF NOT EXISTS shipped (
       workspace_id String,
       position SimpleAggregateFunction(max, UInt64),
       occurred_at SimpleAggregateFunction(max, DateTime64(3, 'UTC'))
     )
     ENGINE = AggregatingMergeTree
     ORDER BY workspace_id`,

    `CREATE MATERIALIZED VIEW IF NOT EXISTS shipped_from_events TO shipped AS
     SELECT workspace_id, max(position) AS position, max(occurred_at) AS occurred_at
     FROM events GROUP BY workspace_id`,

    `CREATE OR REPLACE VIEW workspace_shipped AS
     SELECT max(position) AS position, max(occurred_at) AS occurred_at, count() > 0 AS any
     FROM shipped
     WHERE workspace_id = {workspace_id:String}`,
  ],
};
