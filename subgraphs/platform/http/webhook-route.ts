import { DomainError } from '#subgraphs/shared/errors/errors.ts';
import { json, problem } from '#subgraphs/shared/http/responses.ts';
import type { HttpRequest, HttpResponse, HttpRoute } from '#subgraphs/shared/http/route.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { InboxWriter } from '#subgraphs/shared/inbox/store.ts';
import type { Logger } from '#subgraphs/shared/logging/logger.ts';
import { InboxUnavailableError } from '../errors.ts';
import { receiveConnectWebhook } from '../use-cases/receive-connect-webhook.ts';
import { MAX_WEBHOOK_BYTES, receiveWebhook, type ReceiveWebhookDeps } from '../use-cases/receive-webhook.ts';

const RETRY_AFTER_S = '5';

export interface WebhookRouteDeps extends ReceiveWebhookDeps {
  readonly inbox: InboxWriter;
  readonly log: Logger;
}

/** `POST /v1/webhooks/:provider/:endpoint`: where providers post to. What each case is answered is a table in the README. */
export function webhookRoute(deps: WebhookRouteDeps): HttpRoute {
  return {
    method: 'POST',
    path: '/v1/webhooks/:provider/:endpoint',
    maxBytes: MAX_WEBHOOK_BYTES,
    handle: (req) => handle(deps, req),
  };
}

/** `POST /v1/webhooks/stripe/connect`: the one endpoint for all accounts that are connected by OAuth. Answered as the others are. */
export function connectWebhookRoute(deps: WebhookRouteDeps & { readonly system: Pick<SystemDb, 'query'> }): HttpRoute {
  return {
    method: 'POST',
    path: '/v1/webhooks/stripe/connect',
    maxBytes: MAX_WEBHOOK_BYTES,
    handle: async (req) => {
      try {
        const [first] = await receiveConnectWebhook(deps, req);
        return json(200, { received: true, event_id: first?.inboxEventId ?? null });
      } catch (error) {
        return refusal(deps, req, 'stripe', error);
      }
    },
  };
}

async function handle(deps: WebhookRouteDeps, req: HttpRequest): Promise<HttpResponse> {
  const { provider = '', endpoint = '' } = req.params;
  try {
    const received = await receiveWebhook(
      deps,
      { provider, endpointPath: endpoint, body: req.body, headers: req.headers },
      ({ workspaceId }) =>
        (delivery) =>
          deps.inbox.store(workspaceId, delivery),
    );
    return json(200, { received: true, event_id: received.inboxEventId });
  } catch (error) {
    return refusal(deps, req, provider, error);
  }
}

function refusal(deps: WebhookRouteDeps, req: HttpRequest, provider: string, error: unknown): HttpResponse {
  const about = { err: error, provider, bytes: req.body.length, requestId: req.requestId };
  if (error instanceof InboxUnavailableError) {
    deps.log.error(about, 'a webhook could not be stored; the provider will send it again');
    const answer = problem(error, { requestId: req.requestId });
    return { ...answer, headers: { ...answer.headers, 'retry-after': RETRY_AFTER_S } };
  }
  // The reason of a refused signature is for whoever runs this, not for whoever sent it.
  if (error instanceof DomainError) deps.log.warn({ ...about, reason: error.internal }, 'a webhook was refused');
  return problem(error, { requestId: req.requestId });
}
