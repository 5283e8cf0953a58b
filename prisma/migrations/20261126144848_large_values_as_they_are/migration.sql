-- Bodies of deliveries and what Stripe says of its objects are kept as they are, not compressed: compressing them was half of what storing a
-- delivery cost the server, and a fifth of what writing the mirror did. They take half as much room again, outside of the rows that lists read. What is
-- stored already stays as it is until it is written again.

ALTER TABLE kernel.inbox_event ALTER COLUMN body SET STORAGE EXTERNAL;

-- Months that are made later are kept in the same way.
CREATE OR REPLACE FUNCTION kernel.new_partition(log text, name text) RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  EXECUTE format('CREATE TABLE kernel.%I (LIKE kernel.%I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING STORAGE)', name, log);
  EXECUTE format('ALTER TABLE kernel.%I ENABLE ROW LEVEL SECURITY', name);
END $$;

DO $$
DECLARE
  mirror record;
BEGIN
  FOR mirror IN
    SELECT c.table_name AS name FROM information_schema.columns c JOIN information_schema.tables t USING (table_schema, table_name)
    WHERE c.table_schema = 'stripe' AND c.column_name = 'raw' AND t.table_type = 'BASE TABLE'
  LOOP
    EXECUTE format('ALTER TABLE stripe.%I ALTER COLUMN raw SET STORAGE EXTERNAL', mirror.name);
  END LOOP;
END $$;
