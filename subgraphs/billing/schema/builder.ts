import type { ImplementableObjectRef } from '@pothos/core';
import { AuthorizationError } from '#subgraphs/shared/errors/errors.ts';
import { createSubgraphBuilder, type KernelTypes, type SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import type { GraphContext } from '#subgraphs/shared/graphql/context.ts';
import { grants } from '#subgraphs/shared/graphql/scopes.ts';
import type { Load } from '../loaders.ts';
import type {
  BalanceTransactionRow,
  ChargeRow,
  CouponRow,
  CreditNoteRow,
  CreditNoteLineRow,
  CustomerRow,
  DisputeRow,
  InvoiceRow,
  InvoiceLineRow,
  InvoicePaymentRow,
  PaymentIntentRow,
  PaymentMethodRow,
  PayoutRow,
  PlanRow,
  PriceRow,
  ProductRow,
  PromotionCodeRow,
  RefundRow,
  SetupIntentRow,
  SubscriptionRow,
  SubscriptionItemRow,
  TransferRow,
} from '../repositories/mirrored.ts';

/** An object type of this subgraph, handed from the file that declares it to those that return it. */
export type Ref<Shape> = ImplementableObjectRef<PothosSchemaTypes.ExtendDefaultTypes<KernelTypes>, Shape>;

/** All object types of the mirror. They refer to each other in circles, so they are declared first and given their fields after. */
export interface BillingTypes {
  readonly Customer: Ref<CustomerRow>;
  readonly Product: Ref<ProductRow>;
  readonly Price: Ref<PriceRow>;
  readonly Subscription: Ref<SubscriptionRow>;
  readonly SubscriptionItem: Ref<SubscriptionItemRow>;
  readonly Invoice: Ref<InvoiceRow>;
  readonly Charge: Ref<ChargeRow>;
  readonly PaymentIntent: Ref<PaymentIntentRow>;
  readonly PaymentMethod: Ref<PaymentMethodRow>;
  readonly Plan: Ref<PlanRow>;
  readonly Coupon: Ref<CouponRow>;
  readonly PromotionCode: Ref<PromotionCodeRow>;
  readonly InvoiceLine: Ref<InvoiceLineRow>;
  readonly InvoicePayment: Ref<InvoicePaymentRow>;
  readonly CreditNote: Ref<CreditNoteRow>;
  readonly CreditNoteLine: Ref<CreditNoteLineRow>;
  readonly Refund: Ref<RefundRow>;
  readonly Dispute: Ref<DisputeRow>;
  readonly SetupIntent: Ref<SetupIntentRow>;
  readonly BalanceTransaction: Ref<BalanceTransactionRow>;
  readonly Payout: Ref<PayoutRow>;
  readonly Transfer: Ref<TransferRow>;
}

export function createBillingBuilder(): { readonly builder: SubgraphBuilder; readonly types: BillingTypes } {
  const builder = createSubgraphBuilder({ query: true, subscription: true });
  const types: BillingTypes = {
    Customer: builder.objectRef<CustomerRow>('Customer'),
    Product: builder.objectRef<ProductRow>('Product'),
    Price: builder.objectRef<PriceRow>('Price'),
    // Plain `Subscription` is the root type's name in the composed graph.
    Subscription: builder.objectRef<SubscriptionRow>('BillingSubscription'),
    SubscriptionItem: builder.objectRef<SubscriptionItemRow>('SubscriptionItem'),
    Invoice: builder.objectRef<InvoiceRow>('Invoice'),
    Charge: builder.objectRef<ChargeRow>('Charge'),
    PaymentIntent: builder.objectRef<PaymentIntentRow>('PaymentIntent'),
    PaymentMethod: builder.objectRef<PaymentMethodRow>('PaymentMethod'),
    Plan: builder.objectRef<PlanRow>('Plan'),
    Coupon: builder.objectRef<CouponRow>('Coupon'),
    PromotionCode: builder.objectRef<PromotionCodeRow>('PromotionCode'),
    InvoiceLine: builder.objectRef<InvoiceLineRow>('InvoiceLine'),
    InvoicePayment: builder.objectRef<InvoicePaymentRow>('InvoicePayment'),
    CreditNote: builder.objectRef<CreditNoteRow>('CreditNote'),
    CreditNoteLine: builder.objectRef<CreditNoteLineRow>('CreditNoteLine'),
    Refund: builder.objectRef<RefundRow>('Refund'),
    Dispute: builder.objectRef<DisputeRow>('Dispute'),
    SetupIntent: builder.objectRef<SetupIntentRow>('SetupIntent'),
    BalanceTransaction: builder.objectRef<BalanceTransactionRow>('BalanceTransaction'),
    Payout: builder.objectRef<PayoutRow>('Payout'),
    Transfer: builder.objectRef<TransferRow>('Transfer'),
  };
  return { builder, types };
}

/** For other subgraphs to refer to by id. Asked through them, the caller needs the same scope as for asking here. */
export function addEntity<Row extends object>(builder: SubgraphBuilder, ref: Ref<Row>, load: Load<Row>): void {
  builder.asEntity(ref, {
    key: builder.selection<{ id: string }>('id'),
    resolveReference: async ({ id }: { id: string }, ctx: GraphContext) => {
      if (ctx.caller.kind !== 'API_KEY' || !grants(ctx.caller.scopes, 'billing:read'))
        throw new AuthorizationError('billing:read');
      return load(ctx, id);
    },
  });
}
