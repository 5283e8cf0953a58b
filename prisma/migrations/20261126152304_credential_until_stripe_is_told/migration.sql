-- A connection whose endpoint we registered at Stripe keeps its credential, sealed, until that endpoint is deleted there. No verb uses it for
-- anything else.
ALTER TABLE accounts.connection DROP CONSTRAINT connection_disconnected_holds_no_secret,
  ADD CONSTRAINT connection_disconnected_holds_no_secret CHECK (state <> 'DISCONNECTED'
    OR ((credential IS NULL OR provider_endpoint_id IS NOT NULL) AND endpoint_token IS NULL AND cardinality(webhook_secrets) = 0 AND disconnected_at IS NOT NULL));
