/** The kinds of object that the sandbox keeps, as they travel over the wire: ids instead of expanded objects, decimals as strings. */
import type Stripe from 'stripe';

type Value<F> = unknown extends F ? F : string extends F ? Extract<F, string | null | undefined> : Plain<F>;
type Plain<F> = F extends Stripe.Decimal
  ? string
  : F extends readonly (infer U)[]
    ? Value<U>[]
    : F extends object
      ? Wire<F>
      : F;
export type Wire<T> = { [K in keyof T]: Value<T[K]> };

export interface Kinds {
  balance_transaction: Wire<Stripe.BalanceTransaction>;
  charge: Wire<Stripe.Charge>;
  'checkout.session': Wire<Stripe.Checkout.Session>;
  customer: Wire<Stripe.Customer>;
  invoice: Wire<Stripe.Invoice>;
  invoice_payment: Wire<Stripe.InvoicePayment>;
  payment_intent: Wire<Stripe.PaymentIntent>;
  payment_method: Wire<Stripe.PaymentMethod>;
  payout: Wire<Stripe.Payout>;
  price: Wire<Stripe.Price>;
  product: Wire<Stripe.Product>;
  refund: Wire<Stripe.Refund>;
  setup_intent: Wire<Stripe.SetupIntent>;
  subscription: Wire<Stripe.Subscription>;
  'test_helpers.test_clock': Wire<Stripe.TestHelpers.TestClock>;
  webhook_endpoint: Wire<Stripe.WebhookEndpoint>;
}
export type Kind = keyof Kinds;
export type BalanceTransaction = Kinds['balance_transaction'];
export type Charge = Kinds['charge'];
export type CheckoutSession = Kinds['checkout.session'];
export type Customer = Kinds['customer'];
export type Invoice = Kinds['invoice'];
export type InvoicePayment = Kinds['invoice_payment'];
export type LineItem = Wire<Stripe.InvoiceLineItem>;
export type PaymentIntent = Kinds['payment_intent'];
export type PaymentMethod = Kinds['payment_method'];
export type Payout = Kinds['payout'];
export type Plan = Wire<Stripe.Plan>;
export type Price = Kinds['price'];
export type Product = Kinds['product'];
export type Refund = Kinds['refund'];
export type SetupIntent = Kinds['setup_intent'];
export type Subscription = Kinds['subscription'];
export type SubscriptionItem = Wire<Stripe.SubscriptionItem>;
export type TestClock = Kinds['test_helpers.test_clock'];
export type WebhookEndpoint = Kinds['webhook_endpoint'];

type Nothing = Record<string, never>;

/** What Stripe never shows, kept beside an object. */
export interface Hidden {
  /** `payout`: the automatic payout that it was paid out in. */
  balance_transaction: { payout: string | null };
  charge: Nothing;
  /** `basis`: whose time `expires_at` is measured in, the machine's or the customer's test clock. */
  'checkout.session': { basis: 'wall' | 'customer' };
  customer: Nothing;
  invoice: { retries: number };
  invoice_payment: Nothing;
  payment_intent: Nothing;
  /** `declines`: a decline code that stands in for what the number says ("the funds ran out"), set through the control API. */
  payment_method: { number: string; authenticated: boolean; cvc: string | null; declines: string | null };
  payout: Nothing;
  price: Nothing;
  product: Nothing;
  refund: Nothing;
  setup_intent: Nothing;
  subscription: Nothing;
  /** `at`: how far an advance that is under way has come. */
  'test_helpers.test_clock': { at: number };
  /** `connect`: it is for events of connected accounts, and not of the account's own. */
  webhook_endpoint: { secret: string; connect: boolean };
}

/** What each kind calls its objects in paths and messages. */
export const NAMES: Record<Kind, string> = {
  balance_transaction: 'balance transaction',
  charge: 'charge',
  'checkout.session': 'checkout session',
  customer: 'customer',
  invoice: 'invoice',
  invoice_payment: 'invoice payment',
  payment_intent: 'payment_intent',
  payment_method: 'PaymentMethod',
  payout: 'payout',
  price: 'price',
  product: 'product',
  refund: 'refund',
  setup_intent: 'setupintent',
  subscription: 'subscription',
  'test_helpers.test_clock': 'test clock',
  webhook_endpoint: 'webhook endpoint',
};
