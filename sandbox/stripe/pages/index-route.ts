/** The page that people find when they open the sandbox: what it is, what is in it, which cards do what. */
import type { FastifyInstance } from 'fastify';
import type { Pool } from 'pg';
import { TEST_CARDS } from '../cards/test-cards.ts';
import { renderPage, template } from './layout.ts';

const INDEX = template(`<div class="card">
<h1>Stripe sandbox</h1>
<p>This process speaks Stripe's API (version 2026-10-28.endive) with data of its own, on this machine only. The official SDK talks to it unchanged; no money moves.
Any key of the form <code>sk_test_…</code> opens an account of its own.</p>
</div>
{% for account in accounts %}<section class="card" aria-label="Account {{ account.name }}">
<h1>{{ account.name }}</h1>
<p class="soft"><code>{{ account.id }}</code> · {{ account.customers }} customers · {{ account.subscriptions }} subscriptions · {{ account.events }} events · {{ account.waiting }} deliveries waiting</p>
{% if account.people.size > 0 %}<h2>Latest customers</h2>
<div class="table"><table><thead><tr><th>Name</th><th>E-mail</th><th>Id</th><th>Delinquent</th></tr></thead>
<tbody>{% for person in account.people %}<tr><td>{{ person.name }}</td><td>{{ person.email }}</td><td><code>{{ person.id }}</code></td><td>{{ person.delinquent }}</td></tr>{% endfor %}</tbody></table></div>{% endif %}
<h2>Latest invoices</h2>
{% if account.invoices.size > 0 %}<div class="table"><table>
<thead><tr><th>Invoice</th><th>Customer</th><th>Amount</th><th>Status</th><th>Attempts</th><th>Created</th></tr></thead>
<tbody>{% for invoice in account.invoices %}<tr><td><code>{{ invoice.label }}</code></td><td>{{ invoice.customer }}</td><td class="num">{{ invoice.amount }}</td><td>{{ invoice.status }}</td><td class="num">{{ invoice.attempts }}</td><td class="num">{{ invoice.created }}</td></tr>{% endfor %}</tbody>
</table></div>{% else %}<p class="soft">None yet.</p>{% endif %}
</section>{% endfor %}
<section class="card">
<h1>Test cards</h1>
<p class="soft">Any security code and any expiry in the future.</p>
<div class="table"><table><thead><tr><th>Number</th><th>What happens</th><th>In the API</th></tr></thead>
<tbody>{% for card in cards %}<tr><td class="num"><code>{{ card.number }}</code></td><td>{{ card.outcome }}</td><td><code>pm_card_{{ card.alias }}</code></td></tr>{% endfor %}</tbody></table></div>
</section>`);

interface AccountRow {
  id: string;
  name: string;
  customers: string;
  subscriptions: string;
  events: string;
  waiting: string;
}
interface InvoiceRow {
  number: string | null;
  id: string;
  customer_name: string | null;
  total: string;
  currency: string;
  status: string;
  attempt_count: string;
  created: string;
}

export function addIndexRoute(app: FastifyInstance, pool: Pool): void {
  app.get('/', async (_request, reply) => {
    const accounts = await Promise.all(
      (await readAccounts(pool)).map(async (account) => ({
        ...account,
        people: await readCustomers(pool, account.id),
        invoices: await readInvoices(pool, account.id),
      })),
    );
    const cards = TEST_CARDS.map((card) => ({ ...card, number: card.number.replaceAll(/(\d{4})(?=\d)/g, '$1 ') }));
    return reply
      .type('text/html; charset=utf-8')
      .send(await renderPage(INDEX, 'Stripe sandbox', { accounts, cards }, true));
  });
}

async function readAccounts(pool: Pool): Promise<AccountRow[]> {
  const count = (kind: string): string =>
    `(SELECT count(*) FROM objects o WHERE o.account = a.id AND o.kind = '${kind}' AND NOT o.deleted)`;
  const { rows } = await pool.query<AccountRow>(
    `SELECT a.id, a.name, ${count('customer')} AS customers, ${count('subscription')} AS subscriptions, (SELECT count(*) FROM events e WHERE e.account = a.id) AS events,
            (SELECT count(*) FROM deliveries d WHERE d.account = a.id AND d.status = 'pending') AS waiting
       FROM accounts a ORDER BY a.created DESC, a.id LIMIT 20`,
  );
  return rows;
}

async function readCustomers(pool: Pool, account: string): Promise<Record<string, string>[]> {
  const { rows } = await pool.query<{ id: string; name: string | null; email: string | null; delinquent: string }>(
    `SELECT id, body ->> 'name' AS name, body ->> 'email' AS email, body ->> 'delinquent' AS delinquent FROM objects
      WHERE account = $1 AND kind = 'customer' AND NOT deleted ORDER BY seq DESC LIMIT 8`,
    [account],
  );
  return rows.map((row) => ({
    id: row.id,
    name: row.name ?? '',
    email: row.email ?? '',
    delinquent: row.delinquent === 'true' ? 'yes' : 'no',
  }));
}

async function readInvoices(pool: Pool, account: string): Promise<Record<string, string>[]> {
  const { rows } = await pool.query<InvoiceRow>(
    `SELECT id, body ->> 'number' AS number, body ->> 'customer_name' AS customer_name, body ->> 'total' AS total, body ->> 'currency' AS currency,
            body ->> 'status' AS status, body ->> 'attempt_count' AS attempt_count, created FROM objects
      WHERE account = $1 AND kind = 'invoice' AND NOT deleted ORDER BY seq DESC LIMIT 15`,
    [account],
  );
  return rows.map((row) => ({
    label: row.number ?? row.id,
    customer: row.customer_name ?? '',
    amount: amountText(Number(row.total), row.currency),
    status: row.status,
    attempts: row.attempt_count,
    created: new Date(Number(row.created) * 1000).toISOString().slice(0, 16).replace('T', ' '),
  }));
}

/** Minor units as people read them; how many digits a currency has is known to the platform. */
function amountText(minor: number, currency: string): string {
  const format = new Intl.NumberFormat('en', { style: 'currency', currency: currency.toUpperCase() });
  return format.format(minor / 10 ** (format.resolvedOptions().maximumFractionDigits ?? 2));
}
