-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "accounts";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "analytics";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "billing";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "kernel";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "platform";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "recovery";

-- CreateSchema
CREATE SCHEMA IF NOT EXISTS "stripe";

-- CreateTable
CREATE TABLE "accounts"."connection" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "display_name" TEXT NOT NULL,
    "credential" TEXT,
    "endpoint_id" TEXT NOT NULL,
    "endpoint_hash" TEXT NOT NULL,
    "endpoint_token" TEXT,
    "webhook_secrets" TEXT[],
    "provider_endpoint_id" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "activated_at" TIMESTAMPTZ(3),
    "disconnected_at" TIMESTAMPTZ(3),

    CONSTRAINT "connection_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "analytics"."ship_cursor" (
    "name" TEXT NOT NULL,
    "position" BIGINT NOT NULL,
    "level_at" TIMESTAMPTZ(3),
    "moved_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "ship_cursor_pkey" PRIMARY KEY ("name")
);

-- CreateTable
CREATE TABLE "billing"."refetch_request" (
    "workspace_id" TEXT NOT NULL,
    "object_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "doubts" INTEGER NOT NULL DEFAULT 1,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "refetch_request_pkey" PRIMARY KEY ("workspace_id","object_id")
);

-- CreateTable
CREATE TABLE "kernel"."captured_mail" (
    "workspace_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "provider_message_id" TEXT NOT NULL,
    "from" TEXT NOT NULL,
    "to" TEXT NOT NULL,
    "subject" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "headers" JSONB NOT NULL,
    "captured_at" TIMESTAMPTZ(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,

    CONSTRAINT "captured_mail_pkey" PRIMARY KEY ("workspace_id","key")
);

-- CreateTable
CREATE TABLE "kernel"."workspace_clock" (
    "workspace_id" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "test_now" TIMESTAMPTZ(3),
    "moved_at" TIMESTAMPTZ(3),

    CONSTRAINT "workspace_clock_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "kernel"."inbox_event" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "provider" TEXT NOT NULL,
    "endpoint_id" TEXT NOT NULL,
    "connection_id" TEXT NOT NULL,
    "provider_event_id" TEXT NOT NULL,
    "event_type" TEXT,
    "event_created_at" TIMESTAMPTZ(3),
    "account" TEXT NOT NULL,
    "livemode" BOOLEAN,
    "api_version" TEXT,
    "object_id" TEXT,
    "secret_index" INTEGER NOT NULL,
    "signed_at" TIMESTAMPTZ(3) NOT NULL,
    "body" BYTEA NOT NULL,
    "state" TEXT NOT NULL,
    "reason" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "deliveries" INTEGER NOT NULL DEFAULT 1,
    "received_at" TIMESTAMPTZ(3) NOT NULL,
    "next_attempt_at" TIMESTAMPTZ(3),
    "applied_at" TIMESTAMPTZ(3),

    CONSTRAINT "inbox_event_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."event" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "subject_type" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "causation_id" TEXT,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,
    "recorded_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "event_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."event_outbox" (
    "workspace_id" TEXT NOT NULL,
    "event_id" TEXT NOT NULL,
    "ordinal" BIGSERIAL NOT NULL,

    CONSTRAINT "event_outbox_pkey" PRIMARY KEY ("workspace_id","event_id")
);

-- CreateTable
CREATE TABLE "kernel"."stream" (
    "workspace_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "position" BIGINT NOT NULL,
    "event_id" TEXT NOT NULL,
    "numbered_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "stream_pkey" PRIMARY KEY ("workspace_id","seq")
);

-- CreateTable
CREATE TABLE "kernel"."stream_head" (
    "workspace_id" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,

    CONSTRAINT "stream_head_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "kernel"."consumption" (
    "workspace_id" TEXT NOT NULL,
    "consumer" TEXT NOT NULL,
    "seq" BIGINT NOT NULL,
    "event_id" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "next_attempt_at" TIMESTAMPTZ(3),
    "consumed_at" TIMESTAMPTZ(3),

    CONSTRAINT "consumption_pkey" PRIMARY KEY ("workspace_id","consumer","seq")
);

-- CreateTable
CREATE TABLE "kernel"."timer" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "state" TEXT NOT NULL,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "last_error" TEXT,
    "next_attempt_at" TIMESTAMPTZ(3),
    "fired_at" TIMESTAMPTZ(3),

    CONSTRAINT "timer_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."effect" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "subject_id" TEXT NOT NULL,
    "payload" JSONB NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "not_before" TIMESTAMPTZ(3),
    "claimed_at" TIMESTAMPTZ(3),
    "lease_until" TIMESTAMPTZ(3),
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "next_attempt_at" TIMESTAMPTZ(3),
    "last_error" TEXT,
    "outcome" JSONB,
    "requested_at" TIMESTAMPTZ(3) NOT NULL,
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "effect_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."job" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "queue" TEXT NOT NULL,
    "unique_key" TEXT,
    "payload" JSONB NOT NULL,
    "state" TEXT NOT NULL,
    "done" BIGINT NOT NULL DEFAULT 0,
    "total" BIGINT,
    "message" TEXT,
    "checkpoint" JSONB,
    "result" JSONB,
    "error" TEXT,
    "attempts" INTEGER NOT NULL DEFAULT 0,
    "max_attempts" INTEGER NOT NULL,
    "lease_until" TIMESTAMPTZ(3),
    "next_attempt_at" TIMESTAMPTZ(3),
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "started_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "job_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."audit_event" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "action" TEXT NOT NULL,
    "outcome" TEXT NOT NULL,
    "actor_type" TEXT NOT NULL,
    "actor_id" TEXT NOT NULL,
    "target_id" TEXT,
    "refusal_code" TEXT,
    "input" JSONB NOT NULL,
    "request_id" TEXT NOT NULL,
    "occurred_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "audit_event_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "kernel"."idempotency_key" (
    "workspace_id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "fingerprint" TEXT NOT NULL,
    "answer" TEXT,
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "idempotency_key_pkey" PRIMARY KEY ("workspace_id","key")
);

-- CreateTable
CREATE TABLE "platform"."workspace" (
    "workspace_id" TEXT NOT NULL,
    "mode" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "slug" TEXT NOT NULL,
    "timezone" TEXT NOT NULL,
    "counterpart_id" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workspace_pkey" PRIMARY KEY ("workspace_id")
);

-- CreateTable
CREATE TABLE "platform"."api_key" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "prefix" TEXT NOT NULL,
    "key_hash" TEXT NOT NULL,
    "scopes" TEXT[],
    "created_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3),
    "revoked_at" TIMESTAMPTZ(3),

    CONSTRAINT "api_key_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."workflow" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "key" TEXT NOT NULL,
    "name" TEXT NOT NULL,
    "trigger" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workflow_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."workflow_version" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "workflow_id" TEXT NOT NULL,
    "version" INTEGER NOT NULL,
    "definition" JSONB NOT NULL,
    "created_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "workflow_version_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."recovery_case" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "subscription_id" TEXT,
    "state" TEXT NOT NULL,
    "close_reason" TEXT,
    "close_note" TEXT,
    "attribution" TEXT,
    "amount_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "attempt_count" INTEGER NOT NULL,
    "decline_code" TEXT,
    "decline_class" TEXT NOT NULL,
    "retry_not_before" TIMESTAMPTZ(3),
    "time_zone" TEXT NOT NULL,
    "workflow_version_id" TEXT NOT NULL,
    "current_step_id" TEXT,
    "opened_at" TIMESTAMPTZ(3) NOT NULL,
    "closed_at" TIMESTAMPTZ(3),

    CONSTRAINT "recovery_case_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."invoice_decline" (
    "workspace_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "attempt_count" INTEGER NOT NULL,
    "decline_code" TEXT,
    "advice_code" TEXT,
    "network_decline_code" TEXT,
    "network_advice_code" TEXT,
    "payment_method_id" TEXT,
    "charge_id" TEXT,
    "declined_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invoice_decline_pkey" PRIMARY KEY ("workspace_id","invoice_id","attempt_count")
);

-- CreateTable
CREATE TABLE "recovery"."step_execution" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "case_id" TEXT NOT NULL,
    "step_id" TEXT NOT NULL,
    "visit" INTEGER NOT NULL DEFAULT 1,
    "type" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "outcome" TEXT,
    "started_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3),
    "finished_at" TIMESTAMPTZ(3),

    CONSTRAINT "step_execution_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."retry_attempt" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "case_id" TEXT NOT NULL,
    "origin" TEXT NOT NULL,
    "step_execution_id" TEXT,
    "link_id" TEXT,
    "state" TEXT NOT NULL,
    "idempotency_key" TEXT NOT NULL,
    "decline_code" TEXT,
    "skip_reason" TEXT,
    "scheduled_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "sending_at" TIMESTAMPTZ(3),
    "settled_at" TIMESTAMPTZ(3),

    CONSTRAINT "retry_attempt_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."message" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "case_id" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "recipient" TEXT,
    "state" TEXT NOT NULL,
    "drop_reason" TEXT,
    "step_execution_id" TEXT,
    "provider_message_id" TEXT,
    "queued_at" TIMESTAMPTZ(3) NOT NULL,
    "due_at" TIMESTAMPTZ(3) NOT NULL,
    "sent_at" TIMESTAMPTZ(3),

    CONSTRAINT "message_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "recovery"."magic_link" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "case_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "customer_id" TEXT NOT NULL,
    "message_id" TEXT NOT NULL,
    "token_sha256" TEXT NOT NULL,
    "state" TEXT NOT NULL,
    "issued_at" TIMESTAMPTZ(3) NOT NULL,
    "expires_at" TIMESTAMPTZ(3) NOT NULL,
    "opened_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "checkout_count" INTEGER NOT NULL DEFAULT 0,
    "checkout_session_id" TEXT,
    "payment_method_stripe_id" TEXT,

    CONSTRAINT "magic_link_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."customer" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "name" TEXT,
    "email" TEXT,
    "country" TEXT,
    "preferred_locale" TEXT,
    "currency" TEXT,
    "balance_minor" BIGINT,
    "delinquent" BOOLEAN,
    "default_payment_method_id" TEXT,
    "test_clock_id" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "customer_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."product" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "name" TEXT,
    "active" BOOLEAN,
    "description" TEXT,
    "default_price_id" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "product_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."price" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "product_id" TEXT,
    "active" BOOLEAN,
    "currency" TEXT,
    "unit_amount_minor" BIGINT,
    "unit_amount_decimal" TEXT,
    "nickname" TEXT,
    "lookup_key" TEXT,
    "type" TEXT,
    "recurring_interval" TEXT,
    "recurring_interval_count" INTEGER,
    "usage_type" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "price_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."subscription" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "customer_id" TEXT,
    "status" TEXT NOT NULL,
    "collection_method" TEXT,
    "currency" TEXT,
    "current_period_start" TIMESTAMPTZ(3),
    "current_period_end" TIMESTAMPTZ(3),
    "cancel_at_period_end" BOOLEAN,
    "cancel_at" TIMESTAMPTZ(3),
    "canceled_at" TIMESTAMPTZ(3),
    "ended_at" TIMESTAMPTZ(3),
    "started_at" TIMESTAMPTZ(3),
    "trial_end" TIMESTAMPTZ(3),
    "default_payment_method_id" TEXT,
    "latest_invoice_id" TEXT,
    "test_clock_id" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."subscription_item" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "subscription_id" TEXT NOT NULL,
    "price_id" TEXT,
    "quantity" BIGINT,
    "current_period_start" TIMESTAMPTZ(3),
    "current_period_end" TIMESTAMPTZ(3),
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "subscription_item_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."invoice" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "number" TEXT,
    "status" TEXT NOT NULL,
    "currency" TEXT NOT NULL,
    "customer_id" TEXT,
    "subscription_id" TEXT,
    "billing_reason" TEXT,
    "collection_method" TEXT,
    "amount_due_minor" BIGINT NOT NULL,
    "amount_paid_minor" BIGINT NOT NULL,
    "amount_remaining_minor" BIGINT NOT NULL,
    "subtotal_minor" BIGINT NOT NULL,
    "total_minor" BIGINT NOT NULL,
    "attempt_count" INTEGER NOT NULL,
    "attempted" BOOLEAN NOT NULL,
    "failed_attempt_count" INTEGER NOT NULL,
    "auto_advance" BOOLEAN,
    "automatically_finalizes_at" TIMESTAMPTZ(3),
    "next_payment_attempt_at" TIMESTAMPTZ(3),
    "due_at" TIMESTAMPTZ(3),
    "finalized_at" TIMESTAMPTZ(3),
    "paid_at" TIMESTAMPTZ(3),
    "voided_at" TIMESTAMPTZ(3),
    "marked_uncollectible_at" TIMESTAMPTZ(3),
    "period_start" TIMESTAMPTZ(3),
    "period_end" TIMESTAMPTZ(3),
    "default_payment_method_id" TEXT,
    "hosted_invoice_url" TEXT,
    "customer_name" TEXT,
    "customer_email" TEXT,
    "customer_country" TEXT,
    "merchant_name" TEXT,
    "test_clock_id" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invoice_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."charge" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "amount_captured_minor" BIGINT NOT NULL,
    "amount_refunded_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "captured" BOOLEAN,
    "disputed" BOOLEAN,
    "customer_id" TEXT,
    "payment_intent_id" TEXT,
    "payment_method_id" TEXT,
    "failure_code" TEXT,
    "failure_message" TEXT,
    "decline_code" TEXT,
    "advice_code" TEXT,
    "network_decline_code" TEXT,
    "network_status" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "charge_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."payment_intent" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT NOT NULL,
    "amount_minor" BIGINT NOT NULL,
    "amount_received_minor" BIGINT NOT NULL,
    "currency" TEXT NOT NULL,
    "customer_id" TEXT,
    "payment_method_id" TEXT,
    "latest_charge_id" TEXT,
    "last_error_code" TEXT,
    "last_decline_code" TEXT,
    "canceled_at" TIMESTAMPTZ(3),
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_intent_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."payment_method" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "type" TEXT NOT NULL,
    "customer_id" TEXT,
    "brand" TEXT,
    "last4" TEXT,
    "exp_month" INTEGER,
    "exp_year" INTEGER,
    "funding" TEXT,
    "country" TEXT,
    "fingerprint" TEXT,
    "stripe_created_at" TIMESTAMPTZ(3) NOT NULL,
    "version_created" BIGINT NOT NULL,
    "version_from" BIGINT,
    "version_rank" SMALLINT NOT NULL,
    "version_event_id" TEXT,
    "version_previous" JSONB,
    "raw" JSONB NOT NULL,
    "deleted_at" TIMESTAMPTZ(3),
    "first_seen_at" TIMESTAMPTZ(3) NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "payment_method_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."invoice_payment" (
    "workspace_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "payment_stripe_id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "payment_intent_id" TEXT,
    "charge_id" TEXT,
    "stripe_id" TEXT,
    "status" TEXT,
    "amount_paid_minor" BIGINT,
    "currency" TEXT,
    "is_default" BOOLEAN,
    "version_created" BIGINT NOT NULL,
    "synced_at" TIMESTAMPTZ(3) NOT NULL,

    CONSTRAINT "invoice_payment_pkey" PRIMARY KEY ("workspace_id","invoice_id","payment_stripe_id")
);

-- CreateIndex
CREATE INDEX "connection_endpoint_hash_idx" ON "accounts"."connection"("endpoint_hash");

-- CreateIndex
CREATE UNIQUE INDEX "connection_workspace_id_endpoint_hash_key" ON "accounts"."connection"("workspace_id", "endpoint_hash");

-- CreateIndex
CREATE UNIQUE INDEX "refetch_request_workspace_id_id_key" ON "billing"."refetch_request"("workspace_id", "id");

-- CreateIndex
CREATE INDEX "captured_mail_workspace_id_captured_at_idx" ON "kernel"."captured_mail"("workspace_id", "captured_at");

-- CreateIndex
CREATE INDEX "inbox_event_workspace_id_received_at_idx" ON "kernel"."inbox_event"("workspace_id", "received_at");

-- CreateIndex
CREATE UNIQUE INDEX "inbox_event_workspace_id_endpoint_id_provider_event_id_key" ON "kernel"."inbox_event"("workspace_id", "endpoint_id", "provider_event_id");

-- CreateIndex
CREATE INDEX "event_workspace_id_subject_id_idx" ON "kernel"."event"("workspace_id", "subject_id");

-- CreateIndex
CREATE INDEX "event_outbox_ordinal_idx" ON "kernel"."event_outbox"("ordinal");

-- CreateIndex
CREATE UNIQUE INDEX "stream_position_key" ON "kernel"."stream"("position");

-- CreateIndex
CREATE UNIQUE INDEX "stream_workspace_id_event_id_key" ON "kernel"."stream"("workspace_id", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "consumption_workspace_id_consumer_event_id_key" ON "kernel"."consumption"("workspace_id", "consumer", "event_id");

-- CreateIndex
CREATE UNIQUE INDEX "timer_workspace_id_kind_key_key" ON "kernel"."timer"("workspace_id", "kind", "key");

-- CreateIndex
CREATE INDEX "effect_workspace_id_subject_id_idx" ON "kernel"."effect"("workspace_id", "subject_id");

-- CreateIndex
CREATE UNIQUE INDEX "effect_workspace_id_kind_key_key" ON "kernel"."effect"("workspace_id", "kind", "key");

-- CreateIndex
CREATE INDEX "audit_event_workspace_id_occurred_at_idx" ON "kernel"."audit_event"("workspace_id", "occurred_at");

-- CreateIndex
CREATE INDEX "api_key_key_hash_idx" ON "platform"."api_key"("key_hash");

-- CreateIndex
CREATE UNIQUE INDEX "api_key_workspace_id_key_hash_key" ON "platform"."api_key"("workspace_id", "key_hash");

-- CreateIndex
CREATE UNIQUE INDEX "workflow_workspace_id_key_key" ON "recovery"."workflow"("workspace_id", "key");

-- CreateIndex
CREATE UNIQUE INDEX "workflow_version_workspace_id_workflow_id_version_key" ON "recovery"."workflow_version"("workspace_id", "workflow_id", "version");

-- CreateIndex
CREATE INDEX "recovery_case_workspace_id_invoice_id_idx" ON "recovery"."recovery_case"("workspace_id", "invoice_id");

-- CreateIndex
CREATE INDEX "recovery_case_workspace_id_opened_at_id_idx" ON "recovery"."recovery_case"("workspace_id", "opened_at", "id");

-- CreateIndex
CREATE UNIQUE INDEX "step_execution_workspace_id_case_id_step_id_visit_key" ON "recovery"."step_execution"("workspace_id", "case_id", "step_id", "visit");

-- CreateIndex
CREATE INDEX "retry_attempt_workspace_id_case_id_idx" ON "recovery"."retry_attempt"("workspace_id", "case_id");

-- CreateIndex
CREATE UNIQUE INDEX "retry_attempt_workspace_id_idempotency_key_key" ON "recovery"."retry_attempt"("workspace_id", "idempotency_key");

-- CreateIndex
CREATE UNIQUE INDEX "retry_attempt_workspace_id_step_execution_id_key" ON "recovery"."retry_attempt"("workspace_id", "step_execution_id");

-- CreateIndex
CREATE UNIQUE INDEX "retry_attempt_workspace_id_link_id_key" ON "recovery"."retry_attempt"("workspace_id", "link_id");

-- CreateIndex
CREATE INDEX "message_workspace_id_case_id_idx" ON "recovery"."message"("workspace_id", "case_id");

-- CreateIndex
CREATE UNIQUE INDEX "message_workspace_id_step_execution_id_key" ON "recovery"."message"("workspace_id", "step_execution_id");

-- CreateIndex
CREATE INDEX "magic_link_token_sha256_idx" ON "recovery"."magic_link"("token_sha256");

-- CreateIndex
CREATE INDEX "magic_link_workspace_id_case_id_idx" ON "recovery"."magic_link"("workspace_id", "case_id");

-- CreateIndex
CREATE INDEX "magic_link_workspace_id_checkout_session_id_idx" ON "recovery"."magic_link"("workspace_id", "checkout_session_id");

-- CreateIndex
CREATE UNIQUE INDEX "magic_link_workspace_id_message_id_key" ON "recovery"."magic_link"("workspace_id", "message_id");

-- CreateIndex
CREATE UNIQUE INDEX "magic_link_workspace_id_token_sha256_key" ON "recovery"."magic_link"("workspace_id", "token_sha256");

-- CreateIndex
CREATE INDEX "customer_workspace_id_stripe_created_at_id_idx" ON "stripe"."customer"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "product_workspace_id_stripe_created_at_id_idx" ON "stripe"."product"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "price_workspace_id_stripe_created_at_id_idx" ON "stripe"."price"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "price_workspace_id_product_id_idx" ON "stripe"."price"("workspace_id", "product_id");

-- CreateIndex
CREATE INDEX "subscription_workspace_id_stripe_created_at_id_idx" ON "stripe"."subscription"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "subscription_workspace_id_customer_id_idx" ON "stripe"."subscription"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "subscription_workspace_id_status_idx" ON "stripe"."subscription"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "subscription_item_workspace_id_subscription_id_idx" ON "stripe"."subscription_item"("workspace_id", "subscription_id");

-- CreateIndex
CREATE INDEX "invoice_workspace_id_stripe_created_at_id_idx" ON "stripe"."invoice"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "invoice_workspace_id_customer_id_idx" ON "stripe"."invoice"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "invoice_workspace_id_subscription_id_idx" ON "stripe"."invoice"("workspace_id", "subscription_id");

-- CreateIndex
CREATE INDEX "invoice_workspace_id_status_idx" ON "stripe"."invoice"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "charge_workspace_id_stripe_created_at_id_idx" ON "stripe"."charge"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "charge_workspace_id_customer_id_idx" ON "stripe"."charge"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "charge_workspace_id_payment_intent_id_idx" ON "stripe"."charge"("workspace_id", "payment_intent_id");

-- CreateIndex
CREATE INDEX "payment_intent_workspace_id_stripe_created_at_id_idx" ON "stripe"."payment_intent"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "payment_intent_workspace_id_customer_id_idx" ON "stripe"."payment_intent"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "payment_method_workspace_id_stripe_created_at_id_idx" ON "stripe"."payment_method"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "payment_method_workspace_id_customer_id_idx" ON "stripe"."payment_method"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "invoice_payment_workspace_id_payment_intent_id_idx" ON "stripe"."invoice_payment"("workspace_id", "payment_intent_id");

-- CreateIndex
CREATE INDEX "invoice_payment_workspace_id_charge_id_idx" ON "stripe"."invoice_payment"("workspace_id", "charge_id");

-- AddForeignKey
ALTER TABLE "recovery"."workflow_version" ADD CONSTRAINT "workflow_version_workspace_id_workflow_id_fkey" FOREIGN KEY ("workspace_id", "workflow_id") REFERENCES "recovery"."workflow"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery"."recovery_case" ADD CONSTRAINT "recovery_case_workspace_id_workflow_version_id_fkey" FOREIGN KEY ("workspace_id", "workflow_version_id") REFERENCES "recovery"."workflow_version"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery"."step_execution" ADD CONSTRAINT "step_execution_workspace_id_case_id_fkey" FOREIGN KEY ("workspace_id", "case_id") REFERENCES "recovery"."recovery_case"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery"."retry_attempt" ADD CONSTRAINT "retry_attempt_workspace_id_case_id_fkey" FOREIGN KEY ("workspace_id", "case_id") REFERENCES "recovery"."recovery_case"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery"."message" ADD CONSTRAINT "message_workspace_id_case_id_fkey" FOREIGN KEY ("workspace_id", "case_id") REFERENCES "recovery"."recovery_case"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;

-- AddForeignKey
ALTER TABLE "recovery"."magic_link" ADD CONSTRAINT "magic_link_workspace_id_case_id_fkey" FOREIGN KEY ("workspace_id", "case_id") REFERENCES "recovery"."recovery_case"("workspace_id", "id") ON DELETE RESTRICT ON UPDATE CASCADE;



-- ---------------------------------------------------------------------------------------------------------------
-- Written by hand: what Prisma's schema can't say. Checks, partial indexes, wake-ups, roles and row-level security.
-- ---------------------------------------------------------------------------------------------------------------
ALTER TABLE kernel.workspace_clock ADD CONSTRAINT workspace_clock_mode CHECK (mode IN ('LIVE', 'TEST')),
  ADD CONSTRAINT workspace_clock_only_test_moves CHECK (mode = 'TEST' OR test_now IS NULL);
ALTER TABLE kernel.inbox_event ADD CONSTRAINT inbox_event_state CHECK (state IN ('RECEIVED', 'APPLIED', 'IGNORED', 'FAILED', 'DEAD'));
ALTER TABLE kernel.consumption ADD CONSTRAINT consumption_state CHECK (state IN ('PENDING', 'DONE', 'DEAD'));
ALTER TABLE kernel.timer ADD CONSTRAINT timer_state CHECK (state IN ('PENDING', 'FIRED', 'CANCELED', 'DEAD'));
ALTER TABLE kernel.effect ADD CONSTRAINT effect_state CHECK (state IN ('PENDING', 'CLAIMED', 'UNKNOWN', 'DONE', 'DROPPED', 'FAILED'));
ALTER TABLE kernel.job ADD CONSTRAINT job_state CHECK (state IN ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED'));
ALTER TABLE kernel.audit_event ADD CONSTRAINT audit_event_outcome CHECK (outcome IN ('DONE', 'UNCHANGED', 'REFUSED'));

CREATE INDEX inbox_event_pending ON kernel.inbox_event (workspace_id, event_created_at, id) WHERE state IN ('RECEIVED', 'FAILED');
CREATE INDEX consumption_pending ON kernel.consumption (workspace_id, consumer, seq) WHERE state = 'PENDING';
CREATE INDEX timer_pending ON kernel.timer (due_at) WHERE state = 'PENDING';
CREATE INDEX timer_subject ON kernel.timer (workspace_id, kind, subject_id) WHERE state = 'PENDING';
CREATE INDEX effect_open ON kernel.effect (workspace_id, requested_at) WHERE state IN ('PENDING', 'CLAIMED', 'UNKNOWN');
CREATE INDEX job_open ON kernel.job (workspace_id, created_at) WHERE state IN ('QUEUED', 'RUNNING');
CREATE UNIQUE INDEX job_unique_unfinished ON kernel.job (workspace_id, kind, unique_key) WHERE state IN ('QUEUED', 'RUNNING') AND unique_key IS NOT NULL;

-- The dispatcher listens; the rows are the truth and a notification that is lost costs only its poll interval.
CREATE FUNCTION kernel.announce_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_notify('oppulence_outbox', '');
  RETURN NULL;
END $$;
CREATE TRIGGER event_outbox_announced AFTER INSERT ON kernel.event_outbox FOR EACH STATEMENT EXECUTE FUNCTION kernel.announce_outbox();


ALTER TABLE accounts.connection ADD CONSTRAINT connection_provider CHECK (provider IN ('STRIPE')),
  ADD CONSTRAINT connection_state CHECK (state IN ('PENDING', 'ACTIVE', 'NEEDS_REAUTH', 'DISCONNECTED', 'ERROR')),
  ADD CONSTRAINT connection_endpoint_hash CHECK (endpoint_hash ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT connection_disconnected_holds_no_secret CHECK (state <> 'DISCONNECTED'
    OR (credential IS NULL AND endpoint_token IS NULL AND cardinality(webhook_secrets) = 0 AND disconnected_at IS NOT NULL)),
  ADD CONSTRAINT connection_active_can_be_used CHECK (state <> 'ACTIVE' OR (credential IS NOT NULL AND cardinality(webhook_secrets) > 0 AND activated_at IS NOT NULL));
-- One connection per account and workspace; a disconnected one stays as history and does not stand in the way.
CREATE UNIQUE INDEX connection_one_per_account ON accounts.connection (workspace_id, provider, account) WHERE state <> 'DISCONNECTED';


-- analytics
ALTER TABLE analytics.ship_cursor ADD CONSTRAINT ship_cursor_position_check CHECK (position >= 0);


ALTER TABLE billing.refetch_request ADD CONSTRAINT refetch_request_doubts CHECK (doubts >= 1);


ALTER TABLE platform.workspace ADD CONSTRAINT workspace_mode CHECK (mode IN ('LIVE', 'TEST')),
  ADD CONSTRAINT workspace_is_not_its_counterpart CHECK (counterpart_id <> workspace_id AND counterpart_id <> '');
ALTER TABLE platform.api_key ADD CONSTRAINT api_key_prefix CHECK (prefix ~ '^op_(live|test)_[0-9A-Za-z]{4}$'),
  ADD CONSTRAINT api_key_hash CHECK (key_hash ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT api_key_has_scopes CHECK (cardinality(scopes) > 0);


-- Recovery: one open case per invoice, and the states that the TypeScript knows.
CREATE UNIQUE INDEX recovery_case_one_open_per_invoice ON recovery.recovery_case (workspace_id, invoice_id) WHERE state = 'OPEN';

ALTER TABLE recovery.workflow ADD CONSTRAINT workflow_trigger_known CHECK (trigger IN ('PAYMENT_FAILED'));
ALTER TABLE recovery.recovery_case
  ADD CONSTRAINT recovery_case_state_known CHECK (state IN ('OPEN', 'RECOVERED', 'CLOSED')),
  ADD CONSTRAINT recovery_case_close_reason CHECK (
    (state = 'CLOSED') = (close_reason IS NOT NULL)
    AND (close_reason IS NULL OR close_reason IN ('VOIDED', 'UNCOLLECTIBLE', 'EXHAUSTED', 'CANCELED', 'REFUSED'))),
  ADD CONSTRAINT recovery_case_attribution CHECK (
    (state = 'RECOVERED') = (attribution IS NOT NULL)
    AND (attribution IS NULL OR attribution IN ('LINK', 'OUR_RETRY', 'ORGANIC'))),
  ADD CONSTRAINT recovery_case_closed_at CHECK ((state = 'OPEN') = (closed_at IS NULL)),
  ADD CONSTRAINT recovery_case_amount CHECK (amount_minor >= 0 AND currency ~ '^[A-Z]{3}$'),
  ADD CONSTRAINT recovery_case_decline_class CHECK (
    decline_class IN ('HARD_STOP', 'NEEDS_CUSTOMER', 'SOFT_FUNDS', 'SOFT_TECH', 'SOFT_UNKNOWN', 'POLICY'));
ALTER TABLE recovery.step_execution
  ADD CONSTRAINT step_execution_state_known CHECK (state IN ('RUNNING', 'DONE', 'SKIPPED', 'CANCELED'));
ALTER TABLE recovery.retry_attempt
  ADD CONSTRAINT retry_attempt_state_known CHECK (state IN ('SCHEDULED', 'SENDING', 'SUCCEEDED', 'DECLINED', 'SKIPPED', 'UNKNOWN')),
  ADD CONSTRAINT retry_attempt_origin CHECK (
    (origin = 'WORKFLOW' AND step_execution_id IS NOT NULL AND link_id IS NULL)
    OR (origin = 'LINK' AND link_id IS NOT NULL AND step_execution_id IS NULL));
ALTER TABLE recovery.message
  ADD CONSTRAINT message_kind_known CHECK (kind IN ('REMINDER', 'MAGIC_LINK', 'FINAL_NOTICE')),
  ADD CONSTRAINT message_state_known CHECK (state IN ('QUEUED', 'SENDING', 'SENT', 'DROPPED', 'UNKNOWN'));
ALTER TABLE recovery.magic_link
  ADD CONSTRAINT magic_link_state_known CHECK (state IN ('ISSUED', 'OPENED', 'COMPLETED', 'REVOKED', 'EXPIRED')),
  ADD CONSTRAINT magic_link_token_is_a_digest CHECK (token_sha256 ~ '^[0-9a-f]{64}$'),
  ADD CONSTRAINT magic_link_lives_at_most_a_week CHECK (expires_at > issued_at AND expires_at <= issued_at + interval '168 hours'),
  ADD CONSTRAINT magic_link_completed CHECK ((state = 'COMPLETED') = (completed_at IS NOT NULL));

-- The pay page knows only a token: the system role finds the link behind its digest, and sees nothing else of it.
CREATE POLICY system ON recovery.magic_link FOR SELECT TO oppulence_system USING (true);
GRANT SELECT (workspace_id, id, token_sha256) ON recovery.magic_link TO oppulence_system;


-- The mirror. Statuses are Stripe's: a value it invents tomorrow must be kept, so only our own columns are checked.
DO $$
DECLARE kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['customer', 'product', 'price', 'subscription', 'subscription_item', 'invoice', 'charge', 'payment_intent', 'payment_method'] LOOP
    EXECUTE format('ALTER TABLE stripe.%I ADD CONSTRAINT %I CHECK (version_rank BETWEEN 0 AND 2)', kind, kind || '_version_rank');
    EXECUTE format('ALTER TABLE stripe.%I ADD CONSTRAINT %I CHECK (version_from IS NULL OR version_from <= version_created)', kind, kind || '_version_span');
  END LOOP;
END $$;
ALTER TABLE stripe.invoice ADD CONSTRAINT invoice_attempts CHECK (attempt_count >= 0 AND failed_attempt_count >= 0);
-- What Stripe will do next by itself (providerClocks.nextChangeAt).
CREATE INDEX invoice_next_payment_attempt ON stripe.invoice (workspace_id, next_payment_attempt_at) WHERE status = 'OPEN' AND deleted_at IS NULL;
CREATE INDEX invoice_next_finalization ON stripe.invoice (workspace_id, automatically_finalizes_at) WHERE status = 'DRAFT' AND deleted_at IS NULL;
CREATE INDEX subscription_next_renewal ON stripe.subscription (workspace_id, current_period_end)
  WHERE status IN ('ACTIVE', 'PAST_DUE', 'TRIALING') AND deleted_at IS NULL;



-- Row-level security is the second wall. Every table with a workspace gets it; a test asks the catalogue for tables without.
-- The setting is transaction-local, always; NULL (never set) and '' (after a rollback) both see nothing, so '' is no workspace.
DO $$
DECLARE t record;
BEGIN
  FOR t IN
    SELECT c.oid::regclass AS name, n.nspname, c.relname
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p') AND n.nspname IN ('kernel', 'platform', 'accounts', 'billing', 'stripe', 'recovery', 'analytics')
      AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped)
  LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ADD CONSTRAINT %I CHECK (workspace_id <> '''')', t.name, t.relname || '_workspace');
    EXECUTE format('CREATE POLICY workspace ON %s FOR ALL TO oppulence_app USING (workspace_id = (SELECT current_setting(''app.workspace_id'', true))) WITH CHECK (workspace_id = (SELECT current_setting(''app.workspace_id'', true)))', t.name);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO oppulence_app', t.name);
  END LOOP;
  FOR t IN SELECT unnest(ARRAY['kernel', 'platform', 'accounts', 'billing', 'stripe', 'recovery', 'analytics']) AS nspname LOOP
    EXECUTE format('CREATE SCHEMA IF NOT EXISTS %I', t.nspname);
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO oppulence_app, oppulence_system', t.nspname);
    EXECUTE format('GRANT USAGE ON ALL SEQUENCES IN SCHEMA %I TO oppulence_app, oppulence_system', t.nspname);
  END LOOP;
END $$;

-- History is not edited through the app's role.
REVOKE UPDATE, DELETE ON kernel.event, kernel.audit_event FROM oppulence_app;
REVOKE INSERT, UPDATE, DELETE ON kernel.stream, kernel.stream_head FROM oppulence_app;
REVOKE UPDATE, DELETE ON kernel.event_outbox FROM oppulence_app;
-- A workspace's mode never changes.
REVOKE UPDATE, DELETE ON kernel.workspace_clock FROM oppulence_app;
GRANT UPDATE (test_now, moved_at) ON kernel.workspace_clock TO oppulence_app;

-- The system role finds work across workspaces (sweeper, dispatcher) and the workspace behind a key or an endpoint. It has policies of
-- its own, table by table, and no more rights than each of these jobs needs.
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT * FROM (VALUES
    ('kernel.workspace_clock', 'SELECT'), ('kernel.inbox_event', 'SELECT'), ('kernel.event', 'SELECT'),
    ('kernel.event_outbox', 'SELECT, DELETE'), ('kernel.stream', 'SELECT, INSERT'), ('kernel.stream_head', 'SELECT, INSERT, UPDATE'),
    ('kernel.consumption', 'SELECT, INSERT'), ('kernel.timer', 'SELECT'), ('kernel.effect', 'SELECT'), ('kernel.job', 'SELECT'),
    ('kernel.captured_mail', 'SELECT, INSERT'),
    ('platform.workspace', 'SELECT'), ('platform.api_key', 'SELECT'), ('accounts.connection', 'SELECT')
  ) AS v(name, rights) WHERE to_regclass(name) IS NOT NULL
  LOOP
    EXECUTE format('CREATE POLICY system ON %s FOR ALL TO oppulence_system USING (true) WITH CHECK (true)', t.name);
    EXECUTE format('GRANT %s ON %s TO oppulence_system', t.rights, t.name);
  END LOOP;
  IF to_regclass('analytics.ship_cursor') IS NOT NULL THEN GRANT SELECT, INSERT, UPDATE ON analytics.ship_cursor TO oppulence_system; END IF;
END $$;
