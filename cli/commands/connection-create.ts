import { randomBytes } from 'node:crypto';
import { accepted, graphAt, RESTART_PATIENCE_MS } from '../graph.ts';
import { rememberedKey, runningInstance } from '../instance.ts';
import { UsageError } from '../usage-error.ts';

const CREATE_CONNECTION = `mutation CreateConnection($input: CreateConnectionInput!) {
  createConnection(input: $input) {
    __typename
    ... on CreatedConnection { connection { id } webhookUrl webhookSecret job { id } }
    ... on UserError { message }
  }
}`;

export interface CreatedConnection {
  readonly connectionId: string;
  readonly webhookUrl: string;
  readonly webhookSecret: string;
  readonly jobId: string | null;
}

interface Payload {
  __typename: string;
  connection: { id: string };
  webhookUrl: string;
  webhookSecret: string;
  job: { id: string } | null;
}

export async function connectStripeAt(
  graphqlUrl: string,
  apiKey: string,
  stripe: { apiKey: string; webhookSecret?: string | undefined },
): Promise<CreatedConnection> {
  const { createConnection } = await graphAt(graphqlUrl, apiKey, { patienceMs: RESTART_PATIENCE_MS }).run<{
    createConnection: Payload;
  }>(CREATE_CONNECTION, {
    input: { provider: 'STRIPE', stripe },
  });
  const { connection, webhookUrl, webhookSecret, job } = accepted(createConnection);
  return { connectionId: connection.id, webhookUrl, webhookSecret, jobId: job?.id ?? null };
}

export async function connectionCreate(options: {
  stripeKey: string | undefined;
  webhookSecret: string | undefined;
  apiKey: string | undefined;
  json: boolean;
}): Promise<void> {
  const { info } = runningInstance();
  const apiKey = options.apiKey ?? process.env['OPPULENCE_API_KEY'] ?? rememberedKey(info.dataDir);
  const stripeKey = options.stripeKey ?? process.env['STRIPE_SECRET_KEY'] ?? sandboxKey(info.sandbox !== null, apiKey);
  const created = await connectStripeAt(info.graphqlUrl, apiKey, {
    apiKey: stripeKey,
    webhookSecret: options.webhookSecret,
  });
  if (options.json) {
    console.log(JSON.stringify({ ...created, stripeKey: info.sandbox ? stripeKey : undefined }, null, 2));
    return;
  }
  console.log(
    `Connection      ${created.connectionId}\nWebhook URL     ${created.webhookUrl}\nWebhook secret  ${created.webhookSecret} (shown this once)`,
  );
  if (info.sandbox) console.log(`Sandbox account key: ${stripeKey} at ${info.sandbox.url}`);
}

/** A sandbox account of its own: every key is one. */
function sandboxKey(hasSandbox: boolean, apiKey: string): string {
  if (!hasSandbox) throw new UsageError('Pass the Stripe key with --stripe-key sk_… or STRIPE_SECRET_KEY.');
  return `sk_${apiKey.startsWith('op_live_') ? 'live' : 'test'}_${randomBytes(12).toString('hex')}`;
}
