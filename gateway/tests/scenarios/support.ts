import type { Shop, Stack } from '#cli/testing/stack.ts';
import { eventually } from '#cli/testing/stack.ts';

export const DAY_MS = 24 * 60 * 60 * 1000;
export const after = (instant: Date, days: number): Date => new Date(instant.getTime() + days * DAY_MS);

export interface CaseView {
  id: string;
  state: string;
  closeReason: string | null;
  attribution: string | null;
  invoice: { stripeId: string; status: string } | null;
  customer: { name: string | null } | null;
  attempts: { state: string; origin: string; declineCode: string | null; skipReason: string | null }[];
  messages: { kind: string; state: string }[];
  link: { state: string } | null;
}

const CASES = `{ recoveryCases(first: 50) { edges { node {
  id state closeReason attribution
  invoice { stripeId status } customer { name }
  attempts { state origin declineCode skipReason } messages { kind state } link { state }
} } } }`;

export async function casesOf(shop: Shop): Promise<CaseView[]> {
  const { recoveryCases } = await shop.graph.run<{ recoveryCases: { edges: { node: CaseView }[] } }>(CASES);
  return recoveryCases.edges.map((edge) => edge.node);
}

export async function onlyCase(shop: Shop): Promise<CaseView> {
  const cases = await casesOf(shop);
  if (cases.length !== 1 || !cases[0]) throw new Error(`Expected one case, found ${String(cases.length)}`);
  return cases[0];
}

const ON_ITS_WAY: readonly string[] = ['SENDING', 'UNKNOWN'];

/**
 * The case once it is there and its attempts are settled: the answer to our charge and the webhook that tells of it come by two ways, and either
 * may be first.
 */
export async function caseIn(shop: Shop, state: string, withinMs = 60_000): Promise<CaseView> {
  return eventually(
    `a case that is ${state}, with nothing on its way`,
    async () =>
      (await casesOf(shop)).find(
        (found) => found.state === state && !found.attempts.some((attempt) => ON_ITS_WAY.includes(attempt.state)),
      ),
    withinMs,
  );
}

/** Mails as the recipients got them, oldest first. */
export async function mailsOf(stack: Stack, shop: Shop): Promise<{ to: string; subject: string; text: string }[]> {
  const mails = await stack.kernel.outbox.list(shop.workspace.workspaceId, { limit: 100 });
  return [...mails].sort((a, b) => a.capturedAt.getTime() - b.capturedAt.getTime());
}

/** The newest magic link in the outbox. */
export async function newestLink(stack: Stack, shop: Shop): Promise<string> {
  const links = (await mailsOf(stack, shop)).flatMap(
    ({ text }) => /https?:\/\/\S+\/pay\/[A-Za-z0-9_-]+/.exec(text) ?? [],
  );
  const link = links.at(-1);
  if (link === undefined) throw new Error('No magic link was mailed');
  return link;
}

/** How often the sandbox moved money for this invoice. */
export async function paidCharges(shop: Shop, invoiceStripeId: string): Promise<number> {
  const invoice = await shop.merchant.stripe.invoices.retrieve(invoiceStripeId, { expand: ['payments'] });
  return (invoice.payments?.data ?? []).filter((payment) => payment.status === 'paid').length;
}

/** Tells the sandbox how to deliver this account's webhooks. */
export async function deliver(
  stack: Stack,
  shop: Shop,
  how: { duplicates?: number; reorder?: boolean; holdMs?: number },
): Promise<void> {
  const account = await shop.merchant.stripe.accounts.retrieveCurrent();
  const response = await fetch(`${stack.sandboxUrl}/__sandbox/accounts/${account.id}/delivery`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(how),
  });
  if (!response.ok) throw new Error(`The sandbox answered ${String(response.status)}`);
}

/** Lets the first `count` subscribers' cards fail and travels past the renewal to where the magic link was mailed. */
export async function untilLinkIsMailed(shop: Shop, count = 1): Promise<void> {
  for (const subscriber of shop.merchant.subscribers.slice(0, count)) await shop.merchant.letCardFail(subscriber);
  await shop.travelTo(after(shop.merchant.renewsAt, 2));
}
