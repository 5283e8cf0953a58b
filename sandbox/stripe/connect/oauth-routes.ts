/** Stripe's OAuth for platforms: the page where somebody lets a platform act for their account, and what the platform asks afterwards. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { accountOf, provision, scopeOfHeader } from '../http/authenticate.ts';
import { StripeError } from '../http/errors.ts';
import { parseForm } from '../http/parameters.ts';
import { MESSAGE } from '../pages/checkout-templates.ts';
import type { PageDeps } from '../pages/checkout-routes.ts';
import { renderPage, template } from '../pages/layout.ts';
import { letters } from '../store/ids.ts';
import { inTransaction } from '../store/in-transaction.ts';
import type { Scope } from '../store/unit-of-work.ts';
import { platformOf } from './client-id.ts';
import { connect } from './connections.ts';
import { endAccess } from './end-access.ts';

const CODE_MINUTES = 5;

const AUTHORIZE = template(`<div class="card">
<span class="badge">{{ mode }}</span>
<h1>{{ platform }} wants to work with your Stripe account</h1>
<p class="soft">It could read and change everything in the account until you take the access away again. At Stripe you would be signed in; here, say which account is yours.</p>
<form method="post" action="/oauth/authorize">
{% for pair in hidden %}<input type="hidden" name="{{ pair.name }}" value="{{ pair.value }}">{% endfor %}
<div class="field"><label for="account">Your secret key, or anything that is to name a new account</label>
<input id="account" name="account" required maxlength="200" value="sk_test_{{ suggestion }}"></div>
<button type="submit" name="answer" value="authorize">Connect my account</button>
<button type="submit" name="answer" value="decline" class="plain">Decline</button>
</form>
</div>`);

const request = z.object({
  response_type: z.literal('code').default('code'),
  client_id: z.string(),
  redirect_uri: z.url(),
  scope: z.enum(['read_only', 'read_write']).default('read_only'),
  state: z.string().max(500).optional(),
});
type AuthorizeRequest = z.output<typeof request>;
const answered = request.extend({ account: z.string().min(1).max(200), answer: z.enum(['authorize', 'decline']) });

export function addOAuthRoutes(app: FastifyInstance, deps: PageDeps): void {
  app.get('/oauth/authorize', (received, reply) => showPage(received, reply, deps));
  app.post('/oauth/authorize', (received, reply) => answerPage(received, reply, deps));
  app.post('/oauth/token', (received, reply) => exchange(received, reply, deps));
  app.post('/oauth/deauthorize', (received, reply) => deauthorize(received, reply, deps));
}

async function showPage(received: FastifyRequest, reply: FastifyReply, { pool }: PageDeps): Promise<FastifyReply> {
  const parsed = request.safeParse(received.query);
  const platform = parsed.success ? platformOf(parsed.data.client_id) : null;
  if (!parsed.success || platform === null) return wrongLink(reply);
  await provision(pool, platform.account);
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM accounts WHERE id = $1', [platform.account]);
  const page = await renderPage(AUTHORIZE, 'Connect your account', {
    mode: platform.livemode ? 'LIVE MODE' : 'TEST MODE',
    platform: rows[0]?.name ?? '',
    hidden: Object.entries(parsed.data).map(([name, value]) => ({ name, value })),
    suggestion: letters(12),
  });
  return reply.header('Cache-Control', 'no-store').type('text/html; charset=utf-8').send(page);
}

async function wrongLink(reply: FastifyReply): Promise<FastifyReply> {
  const message =
    'The link that led here is not complete: it needs client_id (ca_test_… or ca_live_…) and redirect_uri.';
  const page = await renderPage(MESSAGE, 'Not found', {
    heading: 'Nothing to connect',
    message,
    link: '',
    link_text: '',
  });
  return reply.status(400).type('text/html; charset=utf-8').send(page);
}

async function answerPage(received: FastifyRequest, reply: FastifyReply, { pool }: PageDeps): Promise<FastifyReply> {
  const parsed = answered.safeParse(parseForm(textOf(received)));
  const platform = parsed.success ? platformOf(parsed.data.client_id) : null;
  if (!parsed.success || platform === null) return wrongLink(reply);
  const { answer, account: given } = parsed.data;
  if (answer === 'decline') {
    const told = { error: 'access_denied', error_description: 'The user denied your request' };
    return reply.redirect(backTo(parsed.data, told), 303);
  }
  const account = accountOf(given.replace(/^(?:sk|rk)_(?:test|live)_/, ''));
  for (const each of [platform.account, account]) await provision(pool, each);
  const code = `ac_${letters(32)}`;
  await pool.query('INSERT INTO oauth_codes (code, platform, account, livemode, scope) VALUES ($1, $2, $3, $4, $5)', [
    code,
    platform.account,
    account,
    platform.livemode,
    parsed.data.scope,
  ]);
  return reply.redirect(backTo(parsed.data, { scope: parsed.data.scope, code }), 303);
}

function backTo({ redirect_uri, state }: AuthorizeRequest, told: Record<string, string>): string {
  const url = new URL(redirect_uri);
  for (const [name, value] of Object.entries({ ...told, ...(state === undefined ? {} : { state }) }))
    url.searchParams.set(name, value);
  return url.href;
}

/** A code is good for one try within five minutes, whatever comes of it. */
async function exchange(received: FastifyRequest, reply: FastifyReply, { pool }: PageDeps): Promise<FastifyReply> {
  const form = parseForm(textOf(received));
  const platform = platformScope(received, form);
  if (platform instanceof StripeError) return refuse(reply, 401, 'invalid_client', platform.message);
  if (form['grant_type'] !== 'authorization_code')
    return refuse(reply, 400, 'unsupported_grant_type', 'This grant type is not supported.');
  const code = typeof form['code'] === 'string' ? form['code'] : '';
  const { rows } = await pool.query<{ account: string; livemode: boolean; scope: string }>(
    `UPDATE oauth_codes SET used = true WHERE code = $1 AND platform = $2 AND NOT used AND at > now() - $3 * interval '1 minute' RETURNING account, livemode, scope`,
    [code, platform.account, CODE_MINUTES],
  );
  const [granted] = rows;
  if (granted?.livemode !== platform.livemode)
    return refuse(reply, 400, 'invalid_grant', `Authorization code does not exist: ${code}`);
  const { account, livemode, scope } = granted;
  await connect(pool, platform.account, { account, livemode });
  return reply.send({
    access_token: `sk_${livemode ? 'live' : 'test'}_${letters(24)}`,
    livemode,
    refresh_token: `rt_${letters(24)}`,
    token_type: 'bearer',
    stripe_publishable_key: `pk_${livemode ? 'live' : 'test'}_${letters(24)}`,
    stripe_user_id: account,
    scope,
  });
}

async function deauthorize(received: FastifyRequest, reply: FastifyReply, deps: PageDeps): Promise<FastifyReply> {
  const form = parseForm(textOf(received));
  const platform = platformScope(received, form);
  if (platform instanceof StripeError) return refuse(reply, 401, 'invalid_client', platform.message);
  const { client_id: clientId, stripe_user_id: account } = form;
  if (platformOf(clientId)?.account !== platform.account || typeof account !== 'string')
    return refuse(reply, 401, 'invalid_client', 'This application is not the key’s.');
  const scope = { account, livemode: platform.livemode };
  await provision(deps.pool, account);
  const had = await inTransaction(deps.pool, scope, deps.publicUrl(), (work) =>
    endAccess(work, platform.account, String(clientId)),
  );
  if (!had)
    return refuse(reply, 401, 'invalid_client', `This application is not connected to stripe account ${account}`);
  deps.afterWrite();
  return reply.send({ stripe_user_id: account });
}

function platformScope(received: FastifyRequest, form: Record<string, unknown>): Scope | StripeError {
  const { client_secret: secret } = form;
  try {
    return scopeOfHeader(typeof secret === 'string' ? `Bearer ${secret}` : received.headers.authorization);
  } catch (error) {
    if (error instanceof StripeError) return error;
    throw error;
  }
}

/** Errors of OAuth have a shape of their own. */
const refuse = (reply: FastifyReply, status: number, error: string, description: string): FastifyReply =>
  reply.status(status).send({ error, error_description: description });

const textOf = ({ body }: FastifyRequest): string => (typeof body === 'string' ? body : '');
