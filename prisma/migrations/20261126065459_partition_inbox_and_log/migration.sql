-- The inbox and the event log become partitioned by month, so that what is old can be dropped whole. Nothing is copied: the tables as they
-- are become the partitions of everything until the end of this month. Each is read once (to check its bounds, to index its ids anew, to note
-- which deliveries are known), and locked meanwhile.
--
-- The rows of these tables are those of workspaces, and their owner is held to row-level security like everybody: where this script, or a
-- function below, has to see all rows of a table, it takes FORCE off and puts it back in the same transaction. `row_security = off` turns what
-- would be hidden into an error.
SET LOCAL row_security = off;

-- CreateTable
CREATE TABLE "kernel"."inbox_key" (
    "workspace_id" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "provider_event_id" TEXT NOT NULL,
    "inbox_event_id" TEXT COLLATE "C" NOT NULL,
    "deliveries" INTEGER NOT NULL DEFAULT 1,

    CONSTRAINT "inbox_key_pkey" PRIMARY KEY ("workspace_id","endpoint_id","provider_event_id")
);
ALTER TABLE kernel.inbox_key ADD CONSTRAINT inbox_key_workspace CHECK (workspace_id <> ''),
  ADD CONSTRAINT inbox_key_deliveries CHECK (deliveries > 0);

ALTER TABLE kernel.inbox_event NO FORCE ROW LEVEL SECURITY;
ALTER TABLE kernel.event NO FORCE ROW LEVEL SECURITY;

INSERT INTO kernel.inbox_key (workspace_id, endpoint_id, provider_event_id, inbox_event_id, deliveries)
  SELECT workspace_id, endpoint_id, provider_event_id, id, deliveries FROM kernel.inbox_event ORDER BY id COLLATE "C";

-- Retention goes by the time in the id; keys come in nearly in that order.
CREATE INDEX inbox_key_by_age ON kernel.inbox_key USING brin (inbox_event_id);

ALTER TABLE kernel.inbox_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY workspace ON kernel.inbox_key FOR ALL TO oppulence_app
  USING (workspace_id = (SELECT current_setting('app.workspace_id', true)))
  WITH CHECK (workspace_id = (SELECT current_setting('app.workspace_id', true)));
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel.inbox_key TO oppulence_app;

DROP INDEX "kernel"."inbox_event_workspace_id_endpoint_id_provider_event_id_key";
ALTER TABLE "kernel"."inbox_event" DROP COLUMN "deliveries";

-- The least id that can have been made at an instant or later: `firstId` of subgraphs/shared/ids in SQL. 48 bits of milliseconds, then 71
-- random ones, in 20 digits of base 62.
CREATE FUNCTION kernel.first_id(prefix text, at timestamptz) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  rest numeric := floor(extract(epoch FROM at) * 1000) * 2361183241434822606848;
  body text := '';
BEGIN
  FOR digit IN 1..20 LOOP
    body := substr('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz', (rest % 62)::int + 1, 1) || body;
    rest := div(rest, 62);
  END LOOP;
  RETURN prefix || '_' || body;
END $$;

-- What stands here is what the tables are partitioned into, by the catalogue. Bounds are ids; the lower one is null for "since ever", both are
-- null for what fits nowhere else.
CREATE FUNCTION kernel.partitions() RETURNS TABLE (log text, name text, lower_id text, upper_id text) LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT p.relname::text, c.relname::text,
         substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \(''([^'']+)''\)'),
         substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \(''([^'']+)''\)')
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_class p ON p.oid = i.inhparent
  WHERE p.oid IN (to_regclass('kernel.inbox_event'), to_regclass('kernel.event'))
$$;

-- A table that can become a partition: nobody reaches it but through the table that it is part of.
CREATE FUNCTION kernel.new_partition(log text, name text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TABLE kernel.%I (LIKE kernel.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, log);
  EXECUTE format('ALTER TABLE kernel.%I ENABLE ROW LEVEL SECURITY', name);
END $$;

-- Makes the months up to `until` that there are not yet, one after the other, and answers which. What stands in the default partition and
-- belongs into one of them is moved there. Runs with the owner's rights: it makes empty tables and shows no row.
CREATE FUNCTION kernel.make_partitions(until timestamptz) RETURNS SETOF text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off SET lock_timeout = '3s' AS $$
DECLARE
  l record;
  month timestamp;
  first text;
  next text;
  partition text;
BEGIN
  IF until > now() + interval '1 year' THEN RAISE 'partitions are made for a year ahead at most'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('kernel.partitions', 0));
  FOR l IN SELECT * FROM (VALUES ('inbox_event', 'inb'), ('event', 'evt')) AS v(log, prefix) LOOP
    month := '2026-01-01';
    WHILE month AT TIME ZONE 'UTC' < until LOOP
      first := kernel.first_id(l.prefix, month AT TIME ZONE 'UTC');
      partition := l.log || to_char(month, '_YYYY_MM');
      month := month + interval '1 month';
      CONTINUE WHEN EXISTS (SELECT FROM kernel.partitions() p WHERE p.log = l.log AND p.upper_id COLLATE "C" > first);
      next := kernel.first_id(l.prefix, month AT TIME ZONE 'UTC');
      PERFORM kernel.new_partition(l.log, partition);
      EXECUTE format('ALTER TABLE kernel.%I NO FORCE ROW LEVEL SECURITY', l.log || '_default');
      EXECUTE format('WITH moved AS (DELETE FROM kernel.%I WHERE id >= %L AND id < %L RETURNING *) INSERT INTO kernel.%I SELECT * FROM moved',
                     l.log || '_default', first, next, partition);
      EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', l.log || '_default');
      EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', partition);
      EXECUTE format('ALTER TABLE kernel.%I ATTACH PARTITION kernel.%I FOR VALUES FROM (%L) TO (%L)', l.log, partition, first, next);
      RETURN NEXT partition;
    END LOOP;
  END LOOP;
END $$;

-- Drops the oldest partition if all of it is older than `before`, and answers which; null when there is none. Deliveries that are not applied
-- yet, and the events named in `keep`, stay: they move to the partition `…_kept`, which takes over the range of what was dropped; what
-- stood there and is no longer needed goes. Runs with the owner's rights: it shows no row, and whoever calls it cannot reach what is younger than a week.
CREATE FUNCTION kernel.retire_partition(log text, before timestamptz, keep text[]) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET row_security = off SET lock_timeout = '3s' AS $$
DECLARE
  prefix text := CASE log WHEN 'inbox_event' THEN 'inb' WHEN 'event' THEN 'evt' END;
  needed text := CASE log WHEN 'inbox_event' THEN 'state IN (''RECEIVED'', ''FAILED'', ''DEAD'')' ELSE 'id = ANY($1)' END;
  attic text := log || '_kept';
  oldest record;
BEGIN
  IF prefix IS NULL THEN RAISE 'there is no log %', log; END IF;
  IF before > now() - interval '7 days' THEN RAISE 'what is younger than seven days is not dropped'; END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended('kernel.partitions', 0));
  SELECT p.name, p.upper_id INTO oldest FROM kernel.partitions() p
    WHERE p.log = retire_partition.log AND p.name NOT IN (attic, p.log || '_default') ORDER BY p.upper_id COLLATE "C" LIMIT 1;
  IF oldest.upper_id IS NULL OR oldest.upper_id COLLATE "C" > kernel.first_id(prefix, before) THEN RETURN NULL; END IF;

  EXECUTE format('ALTER TABLE kernel.%I DETACH PARTITION kernel.%I', log, oldest.name);
  EXECUTE format('ALTER TABLE kernel.%I NO FORCE ROW LEVEL SECURITY', oldest.name);
  IF to_regclass(format('kernel.%I', attic)) IS NULL THEN
    PERFORM kernel.new_partition(log, attic);
  ELSE
    EXECUTE format('ALTER TABLE kernel.%I DETACH PARTITION kernel.%I', log, attic);
    EXECUTE format('ALTER TABLE kernel.%I NO FORCE ROW LEVEL SECURITY', attic);
    EXECUTE format('DELETE FROM kernel.%I WHERE NOT (%s)', attic, needed) USING keep;
  END IF;
  EXECUTE format('INSERT INTO kernel.%I SELECT * FROM (TABLE kernel.%I) o WHERE %s', attic, oldest.name, needed) USING keep;
  EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', attic);
  EXECUTE format('ALTER TABLE kernel.%I ATTACH PARTITION kernel.%I FOR VALUES FROM (MINVALUE) TO (%L)', log, attic, oldest.upper_id);
  EXECUTE format('DROP TABLE kernel.%I', oldest.name);
  RETURN oldest.name;
END $$;

REVOKE ALL ON FUNCTION kernel.first_id, kernel.partitions, kernel.new_partition, kernel.make_partitions, kernel.retire_partition FROM PUBLIC;
GRANT EXECUTE ON FUNCTION kernel.partitions, kernel.make_partitions, kernel.retire_partition TO oppulence_system;

-- The tables as they are step aside, and come back as the first partitions.
DO $$
DECLARE
  l record;
  i record;
  old text;
  next text;
BEGIN
  FOR l IN SELECT * FROM (VALUES ('inbox_event', 'inb'), ('event', 'evt')) AS v(log, prefix) LOOP
    old := l.log || to_char(date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month', '_"until"_YYYY_MM');
    next := kernel.first_id(l.prefix, (date_trunc('month', now() AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
    FOR i IN SELECT indexname AS name FROM pg_indexes WHERE schemaname = 'kernel' AND tablename = l.log LOOP
      EXECUTE format('ALTER INDEX kernel.%I RENAME TO %I', i.name, replace(i.name, l.log, old));
    END LOOP;
    EXECUTE format('ALTER TABLE kernel.%I RENAME TO %I', l.log, old);
    -- Ids are compared byte by byte: that is the order of time.
    EXECUTE format('ALTER TABLE kernel.%I ALTER id TYPE text COLLATE "C"', old);
    EXECUTE format('CREATE TABLE kernel.%I (LIKE kernel.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (id)', l.log, old);
    EXECUTE format('ALTER TABLE kernel.%I ENABLE ROW LEVEL SECURITY', l.log);
    EXECUTE format('ALTER TABLE kernel.%I ADD CONSTRAINT %I PRIMARY KEY (workspace_id, id)', l.log, l.log || '_pkey');

    PERFORM kernel.new_partition(l.log, l.log || '_default');
    EXECUTE format('ALTER TABLE kernel.%I ATTACH PARTITION kernel.%I DEFAULT', l.log, l.log || '_default');
    -- Ids that no clock of these days has made.
    EXECUTE format('WITH moved AS (DELETE FROM kernel.%I WHERE id >= %L RETURNING *) INSERT INTO kernel.%I SELECT * FROM moved', old, next, l.log);
    EXECUTE format('ALTER TABLE kernel.%I ATTACH PARTITION kernel.%I FOR VALUES FROM (MINVALUE) TO (%L)', l.log, old, next);

    EXECUTE format('DROP POLICY workspace ON kernel.%I', old);
    EXECUTE format('DROP POLICY system ON kernel.%I', old);
    EXECUTE format('REVOKE ALL ON kernel.%I FROM oppulence_app, oppulence_system', old);
    EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', old);
    EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', l.log || '_default');
    EXECUTE format('ALTER TABLE kernel.%I FORCE ROW LEVEL SECURITY', l.log);
    EXECUTE format('CREATE POLICY workspace ON kernel.%I FOR ALL TO oppulence_app USING (workspace_id = (SELECT current_setting(''app.workspace_id'', true))) WITH CHECK (workspace_id = (SELECT current_setting(''app.workspace_id'', true)))', l.log);
    EXECUTE format('CREATE POLICY system ON kernel.%I FOR ALL TO oppulence_system USING (true) WITH CHECK (true)', l.log);
    EXECUTE format('GRANT SELECT ON kernel.%I TO oppulence_system', l.log);
  END LOOP;
END $$;

CREATE INDEX "inbox_event_workspace_id_received_at_idx" ON "kernel"."inbox_event"("workspace_id", "received_at");
CREATE INDEX inbox_event_pending ON kernel.inbox_event (workspace_id, event_created_at, id) WHERE state IN ('RECEIVED', 'FAILED');
CREATE INDEX inbox_event_dead ON kernel.inbox_event (workspace_id) WHERE state = 'DEAD';
CREATE INDEX "event_workspace_id_subject_id_idx" ON "kernel"."event"("workspace_id", "subject_id");
GRANT SELECT, INSERT, UPDATE, DELETE ON kernel.inbox_event TO oppulence_app;
-- History is not edited through the app's role.
GRANT SELECT, INSERT ON kernel.event TO oppulence_app;

-- Retention takes out what belongs to events and deliveries that are gone.
CREATE POLICY system ON kernel.inbox_key FOR ALL TO oppulence_system USING (true) WITH CHECK (true);
GRANT SELECT, DELETE ON kernel.inbox_key TO oppulence_system;
GRANT DELETE ON kernel.stream, kernel.consumption TO oppulence_system;

SELECT kernel.make_partitions(now() + interval '3 months');
SET LOCAL row_security = on;
