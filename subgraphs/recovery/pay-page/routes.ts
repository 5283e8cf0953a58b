import { sha256Hex } from '#subgraphs/shared/crypto/crypto.ts';
import type { Actor, UseCaseContext } from '#subgraphs/shared/db/context.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import { seeOther } from '#subgraphs/shared/http/responses.ts';
import type { HttpRequest, HttpResponse, HttpRoute } from '#subgraphs/shared/http/route.ts';
import type { PaymentsPort } from '../ports.ts';
import { completeLink } from '../use-cases/complete-link.ts';
import { startCardSetup } from '../use-cases/start-card-setup.ts';
import { noteLinkOpened, viewLink, type LinkView } from '../use-cases/view-link.ts';
import { createPayPageLimiter, type PayPageLimits } from './limits.ts';
import { createPayPages, type PayPages, type ReadyNotice } from './pages.ts';
import { resolveToken } from './resolve-token.ts';

export interface PayPageDeps {
  readonly payments: PaymentsPort;
  readonly system: SystemDb;
  /** A context in the link's workspace, for the customer who holds the link. */
  readonly contextFor: (request: { workspaceId: string; actor: Actor; requestId: string }) => Promise<UseCaseContext>;
  /** Where customers reach the page, without a slash at the end. */
  readonly publicUrl: string;
  /** Origins of the hosted card page (`https://checkout.stripe.com`): a browser lets the button lead nowhere else. */
  readonly checkoutOrigins: readonly string[];
  readonly limits?: PayPageLimits;
}

/** One visit: who came with which link, and what it shows. */
interface Visit {
  readonly ctx: UseCaseContext;
  readonly token: string;
  readonly view: LinkView;
}

// The form has no fields; a browser sends an empty body.
const MAX_BYTES = 4_096;

/**
 * The page behind a magic link. Looking (GET, HEAD) and pressing the button (POST) use nothing up, whoever does it: a mail scanner that
 * runs scripts included. Only a card that was saved on the provider's page does.
 */
export function payRoutes(deps: PayPageDeps): HttpRoute[] {
  const pages = createPayPages({ formTargets: deps.checkoutOrigins });
  const guarded = guardedBy(deps, pages);
  return [
    { method: 'GET', path: '/pay/:token', maxBytes: MAX_BYTES, handle: guarded(false, (visit) => show(pages, visit)) },
    {
      method: 'POST',
      path: '/pay/:token',
      maxBytes: MAX_BYTES,
      handle: guarded(true, (visit) => leave(deps, pages, visit)),
    },
    {
      method: 'GET',
      path: '/pay/:token/return',
      maxBytes: MAX_BYTES,
      handle: guarded(false, (visit) => comeBack(deps, pages, visit)),
    },
  ];
}

async function show(pages: PayPages, { ctx, view }: Visit): Promise<HttpResponse> {
  if (view.state === 'READY' && view.link.state === 'ISSUED') await noteLinkOpened(ctx, view.link);
  return pages.ofLink(view);
}

/** The button: off to the hosted card page. */
async function leave(deps: PayPageDeps, pages: PayPages, { ctx, token, view }: Visit): Promise<HttpResponse> {
  if (view.state !== 'READY') return pages.ofLink(view);
  const here = `${deps.publicUrl}/pay/${token}`;
  const page = await startCardSetup(ctx, deps.payments, view.link, { successUrl: `${here}/return`, cancelUrl: here });
  // Ended meanwhile, or a card was saved and its news is still on its way: the return page finds out which.
  return seeOther(page?.url ?? `${token}/return`); // relative: on the same origin, whatever it is called
}

/** Back from the hosted card page, or there again by hand. */
async function comeBack(deps: PayPageDeps, pages: PayPages, { ctx, token, view }: Visit): Promise<HttpResponse> {
  const { link } = view;
  const sessionId = link.checkoutSessionId;
  // The button belongs to the page one level up; relative, so that it holds under whatever host and path customers come in by.
  const action = `../${token}`;
  if (view.state !== 'READY' || sessionId === null) return pages.ofLink(view, { after: true, action });

  const setup = await deps.payments.readCardSetup(ctx, { invoiceId: link.invoiceId, sessionId });
  if (setup.status === 'COMPLETE' && setup.paymentMethodStripeId !== null) {
    await completeLink(ctx, { sessionId, paymentMethodStripeId: setup.paymentMethodStripeId });
    const now = await viewLink(ctx, deps.payments, link.id);
    return pages.ofLink(now ?? view, { after: true });
  }
  const notice: ReadyNotice = setup.status === 'EXPIRED' ? 'RAN_OUT' : 'NOT_FINISHED';
  return pages.ofLink(view, { after: true, notice, action });
}

/** Limits, the link behind the token, and what every visit may run into. */
function guardedBy(deps: PayPageDeps, pages: PayPages) {
  const limiter = createPayPageLimiter(deps.limits);
  return (submits: boolean, visit: (visit: Visit) => Promise<HttpResponse>) =>
    async (req: HttpRequest): Promise<HttpResponse> => {
      const token = req.params['token'] ?? '';
      const waitS = await limiter.check({ ip: req.ip, tokenSha256: sha256Hex(token), submits });
      if (waitS !== null) return pages.tooMany(waitS);
      const resolved = await resolveToken(deps.system, token);
      if (!resolved) return pages.unknown();
      const { workspaceId, linkId } = resolved;
      const actor: Actor = { type: 'CUSTOMER', id: linkId, scopes: [] };
      const ctx = await deps.contextFor({ workspaceId, actor, requestId: req.requestId });
      try {
        const view = await viewLink(ctx, deps.payments, linkId);
        return view ? await visit({ ctx, token, view }) : await pages.unknown();
      } catch (error) {
        if (!(error instanceof DomainError)) throw error;
        ctx.log.warn({ err: error, linkId }, 'the pay page got no answer from billing or the payment provider');
        return pages.unavailable();
      }
    };
}
