import { DomainError, ProviderUnavailableError } from '#subgraphs/shared/errors/errors.ts';
import { seeOther } from '#subgraphs/shared/http/responses.ts';
import type { HttpRequest, HttpResponse, HttpRoute } from '#subgraphs/shared/http/route.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import { AlreadyConnectedError, LivemodeMismatchError, OAuthStateError } from '../errors.ts';
import {
  findAttempt,
  finishStripeAuthorization,
  type FinishAuthorizationDeps,
  type OAuthAnswer,
} from '../use-cases/finish-stripe-authorization.ts';
import { oauthEndPage } from './oauth-end-page.ts';

export interface OAuthCallbackDeps extends FinishAuthorizationDeps {
  readonly log: Logger;
}

/** `GET /v1/oauth/stripe/callback`: where Stripe sends the browser of somebody who was asked to connect their account. */
export function oauthCallbackRoute(deps: OAuthCallbackDeps): HttpRoute {
  return { method: 'GET', path: '/v1/oauth/stripe/callback', maxBytes: 0, handle: (req) => handle(deps, req) };
}

/** How it ended, in a word for programs and in a sentence for people. */
interface End {
  readonly status: number;
  readonly told: { readonly connection: string } | { readonly error: string };
  readonly heading: string;
  readonly message: string;
}

async function handle(deps: OAuthCallbackDeps, req: HttpRequest): Promise<HttpResponse> {
  const attempt = await findAttempt(deps, req.query.get('state') ?? '');
  // Nobody whom we sent: there is no place to send the browser back to, whatever the address says.
  if (attempt === null) return oauthEndPage(endOf(new OAuthStateError()));
  const end = await endFor(deps, req, attempt);
  if (attempt.returnUrl === null) return oauthEndPage(end);
  const url = new URL(attempt.returnUrl);
  for (const [name, value] of Object.entries(end.told)) url.searchParams.set(name, value);
  return seeOther(url.href);
}

async function endFor(
  deps: OAuthCallbackDeps,
  req: HttpRequest,
  attempt: NonNullable<Awaited<ReturnType<typeof findAttempt>>>,
): Promise<End> {
  try {
    const connection = await finishStripeAuthorization(deps, attempt, answerOf(req.query), req.requestId);
    return connection === null ? DECLINED : connected(connection);
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    deps.log.warn({ err: error, requestId: req.requestId }, 'an account was not connected by OAuth');
    return endOf(error);
  }
}

/** Anything but a code is a refusal: Stripe says `access_denied`, or what is wrong with the platform's settings. */
function answerOf(query: URLSearchParams): OAuthAnswer {
  const code = query.get('code');
  return code === null || code === '' || query.has('error') ? { declined: true } : { code };
}

const DECLINED: End = {
  status: 200,
  told: { error: 'access_denied' },
  heading: 'Nothing was connected',
  message: 'You did not allow the access. If that was a mistake, start again from where you came.',
};

const connected = ({ id, displayName }: { readonly id: string; readonly displayName: string }): End => ({
  status: 200,
  told: { connection: id },
  heading: 'Your account is connected',
  message: `${displayName} is being read for the first time. You can close this page.`,
});

/** In the words of somebody who sits before a browser, and knows nothing of keys and workspaces. */
function endOf(error: DomainError): End {
  const told = { error: error.code.toLowerCase() };
  if (
    error instanceof OAuthStateError ||
    error instanceof LivemodeMismatchError ||
    error instanceof AlreadyConnectedError
  )
    return { status: 400, told, heading: 'Nothing was connected', message: error.message };
  const message = 'Stripe did not confirm the access. Please start again from where you came.';
  return {
    status: error instanceof ProviderUnavailableError ? 503 : 400,
    told,
    heading: 'Nothing was connected',
    message,
  };
}
