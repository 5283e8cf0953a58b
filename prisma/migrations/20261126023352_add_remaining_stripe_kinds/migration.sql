-- What Prisma cannot express goes below its part, in this file: checks, partial indexes, functions, policies and grants.
-- The script is one transaction. CREATE INDEX CONCURRENTLY needs a migration of its own, with IF NOT EXISTS.

-- AlterTable
ALTER TABLE "stripe"."invoice" ADD COLUMN     "lines_partial" BOOLEAN,
ADD COLUMN     "tax_minor" BIGINT;

-- CreateTable
CREATE TABLE "stripe"."plan" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "product_id" TEXT,
    "active" BOOLEAN,
    "currency" TEXT,
    "amount_minor" BIGINT,
    "amount_decimal" TEXT,
    "nickname" TEXT,
    "recurring_interval" TEXT,
    "recurring_interval_count" INTEGER,
    "usage_type" TEXT,
    "trial_period_days" INTEGER,
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

    CONSTRAINT "plan_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."coupon" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "name" TEXT,
    "amount_off_minor" BIGINT,
    "currency" TEXT,
    "percent_off" TEXT,
    "duration" TEXT,
    "duration_in_months" INTEGER,
    "max_redemptions" BIGINT,
    "times_redeemed" BIGINT,
    "redeem_by" TIMESTAMPTZ(3),
    "valid" BOOLEAN,
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

    CONSTRAINT "coupon_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."promotion_code" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "code" TEXT,
    "coupon_id" TEXT,
    "active" BOOLEAN,
    "customer_id" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "max_redemptions" BIGINT,
    "times_redeemed" BIGINT,
    "first_time_transaction" BOOLEAN,
    "minimum_amount_minor" BIGINT,
    "minimum_amount_currency" TEXT,
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

    CONSTRAINT "promotion_code_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."refund" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "amount_minor" BIGINT,
    "currency" TEXT,
    "charge_id" TEXT,
    "payment_intent_id" TEXT,
    "reason" TEXT,
    "failure_reason" TEXT,
    "balance_transaction_id" TEXT,
    "failure_balance_transaction_id" TEXT,
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

    CONSTRAINT "refund_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."dispute" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "amount_minor" BIGINT,
    "currency" TEXT,
    "charge_id" TEXT,
    "payment_intent_id" TEXT,
    "reason" TEXT,
    "network_reason_code" TEXT,
    "evidence_due_at" TIMESTAMPTZ(3),
    "has_evidence" BOOLEAN,
    "is_charge_refundable" BOOLEAN,
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

    CONSTRAINT "dispute_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."credit_note" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "number" TEXT,
    "status" TEXT,
    "currency" TEXT,
    "amount_minor" BIGINT,
    "subtotal_minor" BIGINT,
    "total_minor" BIGINT,
    "tax_minor" BIGINT,
    "pre_payment_amount_minor" BIGINT,
    "post_payment_amount_minor" BIGINT,
    "invoice_id" TEXT,
    "customer_id" TEXT,
    "reason" TEXT,
    "type" TEXT,
    "effective_at" TIMESTAMPTZ(3),
    "voided_at" TIMESTAMPTZ(3),
    "lines_partial" BOOLEAN,
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

    CONSTRAINT "credit_note_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."setup_intent" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "customer_id" TEXT,
    "payment_method_id" TEXT,
    "usage" TEXT,
    "last_error_code" TEXT,
    "last_decline_code" TEXT,
    "cancellation_reason" TEXT,
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

    CONSTRAINT "setup_intent_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."payout" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "amount_minor" BIGINT,
    "currency" TEXT,
    "arrival_at" TIMESTAMPTZ(3),
    "automatic" BOOLEAN,
    "type" TEXT,
    "method" TEXT,
    "destination_stripe_id" TEXT,
    "balance_transaction_id" TEXT,
    "failure_balance_transaction_id" TEXT,
    "failure_code" TEXT,
    "failure_message" TEXT,
    "reconciliation_status" TEXT,
    "original_payout_id" TEXT,
    "reversed_by_id" TEXT,
    "statement_descriptor" TEXT,
    "trace_id" TEXT,
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

    CONSTRAINT "payout_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."transfer" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "amount_reversed_minor" BIGINT,
    "currency" TEXT,
    "destination_account" TEXT,
    "reversed" BOOLEAN,
    "balance_transaction_id" TEXT,
    "source_charge_id" TEXT,
    "destination_payment_stripe_id" TEXT,
    "transfer_group" TEXT,
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

    CONSTRAINT "transfer_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."invoice_payment_object" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "invoice_id" TEXT,
    "payment_intent_id" TEXT,
    "charge_id" TEXT,
    "status" TEXT,
    "amount_paid_minor" BIGINT,
    "amount_requested_minor" BIGINT,
    "currency" TEXT,
    "is_default" BOOLEAN,
    "paid_at" TIMESTAMPTZ(3),
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

    CONSTRAINT "invoice_payment_object_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."balance_transaction" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "type" TEXT,
    "reporting_category" TEXT,
    "status" TEXT,
    "amount_minor" BIGINT,
    "fee_minor" BIGINT,
    "net_minor" BIGINT,
    "currency" TEXT,
    "exchange_rate" TEXT,
    "source_stripe_id" TEXT,
    "payout_id" TEXT,
    "available_at" TIMESTAMPTZ(3),
    "description" TEXT,
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

    CONSTRAINT "balance_transaction_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."subscription_schedule" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "customer_id" TEXT,
    "subscription_id" TEXT,
    "end_behavior" TEXT,
    "current_phase_start" TIMESTAMPTZ(3),
    "current_phase_end" TIMESTAMPTZ(3),
    "canceled_at" TIMESTAMPTZ(3),
    "completed_at" TIMESTAMPTZ(3),
    "released_at" TIMESTAMPTZ(3),
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

    CONSTRAINT "subscription_schedule_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."invoiceitem" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "customer_id" TEXT,
    "invoice_id" TEXT,
    "subscription_id" TEXT,
    "price_id" TEXT,
    "amount_minor" BIGINT,
    "currency" TEXT,
    "quantity" BIGINT,
    "proration" BOOLEAN,
    "period_start" TIMESTAMPTZ(3),
    "period_end" TIMESTAMPTZ(3),
    "description" TEXT,
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

    CONSTRAINT "invoiceitem_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."tax_rate" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "display_name" TEXT,
    "active" BOOLEAN,
    "inclusive" BOOLEAN,
    "percentage" TEXT,
    "effective_percentage" TEXT,
    "country" TEXT,
    "state" TEXT,
    "jurisdiction" TEXT,
    "tax_type" TEXT,
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

    CONSTRAINT "tax_rate_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."tax_id" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "customer_id" TEXT,
    "type" TEXT,
    "value" TEXT,
    "country" TEXT,
    "verification_status" TEXT,
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

    CONSTRAINT "tax_id_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."quote" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "number" TEXT,
    "customer_id" TEXT,
    "currency" TEXT,
    "amount_subtotal_minor" BIGINT,
    "amount_total_minor" BIGINT,
    "invoice_id" TEXT,
    "subscription_id" TEXT,
    "subscription_schedule_id" TEXT,
    "collection_method" TEXT,
    "expires_at" TIMESTAMPTZ(3),
    "finalized_at" TIMESTAMPTZ(3),
    "accepted_at" TIMESTAMPTZ(3),
    "canceled_at" TIMESTAMPTZ(3),
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

    CONSTRAINT "quote_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."radar_early_fraud_warning" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "charge_id" TEXT,
    "payment_intent_id" TEXT,
    "fraud_type" TEXT,
    "actionable" BOOLEAN,
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

    CONSTRAINT "radar_early_fraud_warning_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."review" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "charge_id" TEXT,
    "payment_intent_id" TEXT,
    "open" BOOLEAN,
    "reason" TEXT,
    "opened_reason" TEXT,
    "closed_reason" TEXT,
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

    CONSTRAINT "review_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."topup" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "status" TEXT,
    "amount_minor" BIGINT,
    "currency" TEXT,
    "balance_transaction_id" TEXT,
    "expected_available_at" TIMESTAMPTZ(3),
    "failure_code" TEXT,
    "failure_message" TEXT,
    "transfer_group" TEXT,
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

    CONSTRAINT "topup_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."application_fee" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "amount_refunded_minor" BIGINT,
    "currency" TEXT,
    "refunded" BOOLEAN,
    "fee_account" TEXT,
    "charge_stripe_id" TEXT,
    "balance_transaction_id" TEXT,
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

    CONSTRAINT "application_fee_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."invoice_line" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "invoice_id" TEXT NOT NULL,
    "amount_minor" BIGINT,
    "subtotal_minor" BIGINT,
    "discount_minor" BIGINT,
    "tax_minor" BIGINT,
    "currency" TEXT,
    "quantity" BIGINT,
    "position" INTEGER,
    "price_id" TEXT,
    "product_id" TEXT,
    "subscription_id" TEXT,
    "subscription_item_id" TEXT,
    "invoice_item_id" TEXT,
    "proration" BOOLEAN,
    "period_start" TIMESTAMPTZ(3),
    "period_end" TIMESTAMPTZ(3),
    "description" TEXT,
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

    CONSTRAINT "invoice_line_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."credit_note_line" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "credit_note_id" TEXT NOT NULL,
    "invoice_line_id" TEXT,
    "amount_minor" BIGINT,
    "discount_minor" BIGINT,
    "tax_minor" BIGINT,
    "currency" TEXT,
    "quantity" BIGINT,
    "position" INTEGER,
    "unit_amount_decimal" TEXT,
    "type" TEXT,
    "description" TEXT,
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

    CONSTRAINT "credit_note_line_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."discount" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "owner_kind" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "coupon_id" TEXT,
    "promotion_code_id" TEXT,
    "starts_at" TIMESTAMPTZ(3),
    "ends_at" TIMESTAMPTZ(3),
    "amount_minor" BIGINT,
    "currency" TEXT,
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

    CONSTRAINT "discount_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."tax_amount" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
    "owner_kind" TEXT NOT NULL,
    "owner_id" TEXT NOT NULL,
    "tax_rate_id" TEXT,
    "amount_minor" BIGINT,
    "taxable_amount_minor" BIGINT,
    "currency" TEXT,
    "inclusive" BOOLEAN,
    "reason" TEXT,
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

    CONSTRAINT "tax_amount_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateTable
CREATE TABLE "stripe"."object" (
    "workspace_id" TEXT NOT NULL,
    "id" TEXT NOT NULL,
    "account" TEXT NOT NULL,
    "kind" TEXT NOT NULL,
    "stripe_id" TEXT NOT NULL,
    "livemode" BOOLEAN NOT NULL,
    "connection_id" TEXT NOT NULL,
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

    CONSTRAINT "object_pkey" PRIMARY KEY ("workspace_id","id")
);

-- CreateIndex
CREATE INDEX "plan_workspace_id_stripe_created_at_id_idx" ON "stripe"."plan"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "plan_workspace_id_product_id_idx" ON "stripe"."plan"("workspace_id", "product_id");

-- CreateIndex
CREATE INDEX "coupon_workspace_id_stripe_created_at_id_idx" ON "stripe"."coupon"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "promotion_code_workspace_id_stripe_created_at_id_idx" ON "stripe"."promotion_code"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "promotion_code_workspace_id_code_idx" ON "stripe"."promotion_code"("workspace_id", "code");

-- CreateIndex
CREATE INDEX "promotion_code_workspace_id_coupon_id_idx" ON "stripe"."promotion_code"("workspace_id", "coupon_id");

-- CreateIndex
CREATE INDEX "refund_workspace_id_stripe_created_at_id_idx" ON "stripe"."refund"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "refund_workspace_id_charge_id_idx" ON "stripe"."refund"("workspace_id", "charge_id");

-- CreateIndex
CREATE INDEX "refund_workspace_id_payment_intent_id_idx" ON "stripe"."refund"("workspace_id", "payment_intent_id");

-- CreateIndex
CREATE INDEX "refund_workspace_id_status_idx" ON "stripe"."refund"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "dispute_workspace_id_stripe_created_at_id_idx" ON "stripe"."dispute"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "dispute_workspace_id_charge_id_idx" ON "stripe"."dispute"("workspace_id", "charge_id");

-- CreateIndex
CREATE INDEX "dispute_workspace_id_payment_intent_id_idx" ON "stripe"."dispute"("workspace_id", "payment_intent_id");

-- CreateIndex
CREATE INDEX "dispute_workspace_id_status_idx" ON "stripe"."dispute"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "credit_note_workspace_id_stripe_created_at_id_idx" ON "stripe"."credit_note"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "credit_note_workspace_id_invoice_id_idx" ON "stripe"."credit_note"("workspace_id", "invoice_id");

-- CreateIndex
CREATE INDEX "credit_note_workspace_id_customer_id_idx" ON "stripe"."credit_note"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "setup_intent_workspace_id_stripe_created_at_id_idx" ON "stripe"."setup_intent"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "setup_intent_workspace_id_customer_id_idx" ON "stripe"."setup_intent"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "payout_workspace_id_stripe_created_at_id_idx" ON "stripe"."payout"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "payout_workspace_id_status_idx" ON "stripe"."payout"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "payout_workspace_id_arrival_at_idx" ON "stripe"."payout"("workspace_id", "arrival_at");

-- CreateIndex
CREATE INDEX "transfer_workspace_id_stripe_created_at_id_idx" ON "stripe"."transfer"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "transfer_workspace_id_destination_account_idx" ON "stripe"."transfer"("workspace_id", "destination_account");

-- CreateIndex
CREATE INDEX "transfer_workspace_id_transfer_group_idx" ON "stripe"."transfer"("workspace_id", "transfer_group");

-- CreateIndex
CREATE INDEX "invoice_payment_object_workspace_id_stripe_created_at_id_idx" ON "stripe"."invoice_payment_object"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "invoice_payment_object_workspace_id_invoice_id_idx" ON "stripe"."invoice_payment_object"("workspace_id", "invoice_id");

-- CreateIndex
CREATE INDEX "balance_transaction_workspace_id_stripe_created_at_id_idx" ON "stripe"."balance_transaction"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "balance_transaction_workspace_id_source_stripe_id_idx" ON "stripe"."balance_transaction"("workspace_id", "source_stripe_id");

-- CreateIndex
CREATE INDEX "balance_transaction_workspace_id_payout_id_idx" ON "stripe"."balance_transaction"("workspace_id", "payout_id");

-- CreateIndex
CREATE INDEX "balance_transaction_workspace_id_available_at_idx" ON "stripe"."balance_transaction"("workspace_id", "available_at");

-- CreateIndex
CREATE INDEX "subscription_schedule_workspace_id_stripe_created_at_id_idx" ON "stripe"."subscription_schedule"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "subscription_schedule_workspace_id_customer_id_idx" ON "stripe"."subscription_schedule"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "subscription_schedule_workspace_id_subscription_id_idx" ON "stripe"."subscription_schedule"("workspace_id", "subscription_id");

-- CreateIndex
CREATE INDEX "invoiceitem_workspace_id_stripe_created_at_id_idx" ON "stripe"."invoiceitem"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "invoiceitem_workspace_id_customer_id_idx" ON "stripe"."invoiceitem"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "invoiceitem_workspace_id_invoice_id_idx" ON "stripe"."invoiceitem"("workspace_id", "invoice_id");

-- CreateIndex
CREATE INDEX "invoiceitem_workspace_id_subscription_id_idx" ON "stripe"."invoiceitem"("workspace_id", "subscription_id");

-- CreateIndex
CREATE INDEX "tax_rate_workspace_id_stripe_created_at_id_idx" ON "stripe"."tax_rate"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "tax_id_workspace_id_stripe_created_at_id_idx" ON "stripe"."tax_id"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "tax_id_workspace_id_customer_id_idx" ON "stripe"."tax_id"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "quote_workspace_id_stripe_created_at_id_idx" ON "stripe"."quote"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "quote_workspace_id_customer_id_idx" ON "stripe"."quote"("workspace_id", "customer_id");

-- CreateIndex
CREATE INDEX "quote_workspace_id_status_idx" ON "stripe"."quote"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "radar_early_fraud_warning_workspace_id_stripe_created_at_id_idx" ON "stripe"."radar_early_fraud_warning"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "radar_early_fraud_warning_workspace_id_charge_id_idx" ON "stripe"."radar_early_fraud_warning"("workspace_id", "charge_id");

-- CreateIndex
CREATE INDEX "review_workspace_id_stripe_created_at_id_idx" ON "stripe"."review"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "review_workspace_id_charge_id_idx" ON "stripe"."review"("workspace_id", "charge_id");

-- CreateIndex
CREATE INDEX "review_workspace_id_payment_intent_id_idx" ON "stripe"."review"("workspace_id", "payment_intent_id");

-- CreateIndex
CREATE INDEX "topup_workspace_id_stripe_created_at_id_idx" ON "stripe"."topup"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "topup_workspace_id_status_idx" ON "stripe"."topup"("workspace_id", "status");

-- CreateIndex
CREATE INDEX "application_fee_workspace_id_stripe_created_at_id_idx" ON "stripe"."application_fee"("workspace_id", "stripe_created_at" DESC, "id");

-- CreateIndex
CREATE INDEX "application_fee_workspace_id_fee_account_idx" ON "stripe"."application_fee"("workspace_id", "fee_account");

-- CreateIndex
CREATE INDEX "invoice_line_workspace_id_invoice_id_idx" ON "stripe"."invoice_line"("workspace_id", "invoice_id");

-- CreateIndex
CREATE INDEX "invoice_line_workspace_id_subscription_id_idx" ON "stripe"."invoice_line"("workspace_id", "subscription_id");

-- CreateIndex
CREATE INDEX "invoice_line_workspace_id_price_id_idx" ON "stripe"."invoice_line"("workspace_id", "price_id");

-- CreateIndex
CREATE INDEX "credit_note_line_workspace_id_credit_note_id_idx" ON "stripe"."credit_note_line"("workspace_id", "credit_note_id");

-- CreateIndex
CREATE INDEX "credit_note_line_workspace_id_invoice_line_id_idx" ON "stripe"."credit_note_line"("workspace_id", "invoice_line_id");

-- CreateIndex
CREATE INDEX "discount_workspace_id_owner_id_idx" ON "stripe"."discount"("workspace_id", "owner_id");

-- CreateIndex
CREATE INDEX "discount_workspace_id_stripe_id_idx" ON "stripe"."discount"("workspace_id", "stripe_id");

-- CreateIndex
CREATE INDEX "discount_workspace_id_coupon_id_idx" ON "stripe"."discount"("workspace_id", "coupon_id");

-- CreateIndex
CREATE INDEX "tax_amount_workspace_id_owner_id_idx" ON "stripe"."tax_amount"("workspace_id", "owner_id");

-- CreateIndex
CREATE INDEX "tax_amount_workspace_id_tax_rate_id_idx" ON "stripe"."tax_amount"("workspace_id", "tax_rate_id");

-- CreateIndex
CREATE INDEX "object_workspace_id_kind_stripe_created_at_id_idx" ON "stripe"."object"("workspace_id", "kind", "stripe_created_at" DESC, "id");

-- The new tables of the mirror: our own columns are checked, Stripe's words are not. Each belongs to a workspace, and row-level security is forced.
DO $$
DECLARE kind text;
BEGIN
  FOREACH kind IN ARRAY ARRAY['plan', 'coupon', 'promotion_code', 'refund', 'dispute', 'credit_note', 'setup_intent', 'payout', 'transfer',
    'invoice_payment_object', 'balance_transaction', 'subscription_schedule', 'invoiceitem', 'tax_rate', 'tax_id', 'quote',
    'radar_early_fraud_warning', 'review', 'topup', 'application_fee', 'invoice_line', 'credit_note_line', 'discount', 'tax_amount', 'object'] LOOP
    EXECUTE format('ALTER TABLE stripe.%I ADD CONSTRAINT %I CHECK (version_rank BETWEEN 0 AND 2)', kind, kind || '_version_rank');
    EXECUTE format('ALTER TABLE stripe.%I ADD CONSTRAINT %I CHECK (version_from IS NULL OR version_from <= version_created)', kind, kind || '_version_span');
    EXECUTE format('ALTER TABLE stripe.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY, ADD CONSTRAINT %I CHECK (workspace_id <> '''')', kind, kind || '_workspace');
    EXECUTE format('CREATE POLICY workspace ON stripe.%I FOR ALL TO oppulence_app USING (workspace_id = (SELECT current_setting(''app.workspace_id'', true))) WITH CHECK (workspace_id = (SELECT current_setting(''app.workspace_id'', true)))', kind);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON stripe.%I TO oppulence_app', kind);
  END LOOP;
END $$;
