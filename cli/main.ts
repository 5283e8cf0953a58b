import { parseArgs } from 'node:util';
import { runPart } from './commands/run.ts';
import { UsageError } from './usage-error.ts';

const HELP = `oppulence: revenue operations from checkout to recovered payment

  oppulence dev                          start everything and stay up
  oppulence demo [--once]                start everything, recover a failed payment before your eyes, stay up (--once: end after it)
  oppulence info [--json]                every address of the running instance
  oppulence workspace create --name X    a LIVE/TEST pair of workspaces, with a first API key each   [--json] [--timezone Europe/Berlin]
  oppulence connection create stripe     connect a Stripe account (embedded: a sandbox account)      [--json] [--stripe-key sk_…] [--webhook-secret whsec_…] [--api-key op_…]
  oppulence connection roll-secret       replace a webhook signing secret; the old one counts for a day more   --webhook-secret whsec_… [--connection conn_…] [--secret whs_…] [--until …] [--json] [--api-key op_…]
  oppulence inbox replay --since 2026-11-20T00:00:00Z   apply kept webhooks again   [--until …] [--type invoice.paid]… [--state DEAD]… [--dry-run] [--json] [--api-key op_…]
  oppulence inbox route --account acct_… give what was kept for nobody to the workspaces that have connected the account since   [--live] [--dry-run] [--json]
  oppulence migrate                      bring the databases of ADMIN_DATABASE_URL and CLICKHOUSE_URL up to date

As services, each configured by its environment (README.md, "Running it as services"):

  oppulence run gateway                  the door: GraphQL, webhooks, the pay page; finds the subgraphs by SUBGRAPH_URLS
  oppulence run subgraph <name>          one subgraph: platform, accounts, billing, recovery or analytics
  oppulence run worker <lanes>           lanes by name, such as inbox,consume, or all
  oppulence run dispatcher               numbers committed events; of several one leads

PORT sets the gateway's port (4000), OPPULENCE_DATA_DIR the data folder (.oppulence).
`;

const OPTIONS = {
  help: { type: 'boolean', short: 'h' },
  json: { type: 'boolean' },
  once: { type: 'boolean' },
  name: { type: 'string' },
  timezone: { type: 'string' },
  'stripe-key': { type: 'string' },
  'webhook-secret': { type: 'string' },
  'api-key': { type: 'string' },
  since: { type: 'string' },
  until: { type: 'string' },
  type: { type: 'string', multiple: true },
  state: { type: 'string', multiple: true },
  'dry-run': { type: 'boolean' },
  account: { type: 'string' },
  live: { type: 'boolean' },
  connection: { type: 'string' },
  secret: { type: 'string' },
} as const;

function parse(): {
  positionals: readonly string[];
  words: string;
  values: ReturnType<typeof parseArgs<{ options: typeof OPTIONS; allowPositionals: true }>>['values'];
} {
  try {
    const { positionals, values } = parseArgs({ options: OPTIONS, allowPositionals: true });
    return { positionals, words: positionals.join(' '), values };
  } catch (error) {
    throw new UsageError(`${error instanceof Error ? error.message : String(error)}\n\n${HELP}`);
  }
}

/** Each command is loaded once it is asked for: what only others need would be a third of a second before `dev` starts anything. */
async function main(): Promise<void> {
  const { positionals, words, values } = parse();
  if (values.help === true || words === 'help' || words === '') {
    process.stdout.write(HELP);
    return;
  }
  const json = values.json === true;
  if (positionals[0] === 'run') return runPart(positionals.slice(1));
  switch (words) {
    case 'dev':
      return (await import('./commands/dev.ts')).dev();
    case 'demo':
      return (await import('./commands/demo.ts')).demo({ once: values.once === true });
    case 'info':
      (await import('./commands/info.ts')).info({ json });
      return;
    case 'migrate':
      return (await import('./commands/migrate.ts')).migrateDatabase();
    case 'workspace create':
      return (await import('./commands/workspace-create.ts')).workspaceCreate({
        name: values.name,
        timezone: values.timezone,
        json,
      });
    case 'inbox replay':
      return (await import('./commands/inbox-replay.ts')).inboxReplay({
        since: values.since,
        until: values.until,
        types: values.type,
        states: values.state,
        dryRun: values['dry-run'] === true,
        apiKey: values['api-key'],
        json,
      });
    case 'inbox route':
      return (await import('./commands/inbox-route.ts')).inboxRoute({
        account: values.account,
        live: values.live === true,
        dryRun: values['dry-run'] === true,
        json,
      });
    case 'connection roll-secret':
      return (await import('./commands/connection-roll-secret.ts')).connectionRollSecret({
        connection: values.connection,
        secret: values.secret,
        webhookSecret: values['webhook-secret'],
        until: values.until,
        apiKey: values['api-key'],
        json,
      });
    case 'connection create stripe':
      return (await import('./commands/connection-create.ts')).connectionCreate({
        stripeKey: values['stripe-key'],
        webhookSecret: values['webhook-secret'],
        apiKey: values['api-key'],
        json,
      });
    default:
      throw new UsageError(`There is no command \`${words}\`.\n\n${HELP}`);
  }
}

try {
  await main();
} catch (error) {
  // What went wrong and what to do next; a stack only helps those who asked for it.
  const message = error instanceof Error ? error.message : String(error);
  console.error(process.env['LOG_LEVEL'] === 'debug' && error instanceof Error ? error.stack : message);
  process.exit(error instanceof UsageError ? 2 : 1);
}
