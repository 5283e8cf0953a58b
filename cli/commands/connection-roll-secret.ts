import { accepted, graphAt, RESTART_PATIENCE_MS, type Graph } from '../graph.ts';
import { instantOption } from '../instant-option.ts';
import { rememberedKey, runningInstance } from '../instance.ts';
import { UsageError } from '../usage-error.ts';

const SECRETS = 'id webhookSecrets { id lastFour expiresAt lastMatchedAt }';
const LIST = `query WebhookSecrets { connections(first: 100) { edges { node { state ${SECRETS} } } } }`;
const ROLL = `mutation RollWebhookSecret($input: RollWebhookSecretInput!) {
  rollWebhookSecret(input: $input) { __typename ... on Connection { ${SECRETS} } ... on UserError { message } }
}`;

interface Secret {
  readonly id: string;
  readonly lastFour: string;
  readonly expiresAt: string | null;
  readonly lastMatchedAt: string | null;
}

interface Connection {
  readonly __typename: string;
  readonly id: string;
  readonly state: string;
  readonly webhookSecrets: readonly Secret[];
}

export interface RollSecretOptions {
  readonly connection: string | undefined;
  readonly secret: string | undefined;
  readonly webhookSecret: string | undefined;
  readonly until: string | undefined;
  readonly apiKey: string | undefined;
  readonly json: boolean;
}

/** `oppulence connection roll-secret --webhook-secret whsec_…`: what Stripe shows after "Roll secret" is given to the connection. */
export async function connectionRollSecret(options: RollSecretOptions): Promise<void> {
  const { info } = runningInstance();
  if (options.webhookSecret === undefined)
    throw new UsageError('Pass the new secret, which Stripe shows after "Roll secret", with --webhook-secret whsec_….');
  const apiKey = options.apiKey ?? process.env['OPPULENCE_API_KEY'] ?? rememberedKey(info.dataDir);
  const graph = graphAt(info.graphqlUrl, apiKey, { patienceMs: RESTART_PATIENCE_MS });
  const input = {
    id: options.secret ?? (await theSecret(graph, options.connection)),
    newSecret: options.webhookSecret,
    oldExpiresAt: instantOption('--until', options.until),
  };
  const { rollWebhookSecret } = await graph.run<{ rollWebhookSecret: Connection }>(ROLL, { input });
  const { id, webhookSecrets } = accepted(rollWebhookSecret);
  if (options.json) {
    console.log(JSON.stringify({ connectionId: id, webhookSecrets }, null, 2));
    return;
  }
  for (const { id: secretId, lastFour, expiresAt, lastMatchedAt } of webhookSecrets) {
    const until = expiresAt === null ? 'counts' : `counts until ${expiresAt}`;
    console.log(`${secretId}  …${lastFour}  ${until}, last matched ${lastMatchedAt ?? 'never'}`);
  }
}

/** The one that can be meant. @throws {UsageError} when there are several. */
async function theSecret(graph: Graph, connectionId: string | undefined): Promise<string> {
  const { connections } = await graph.run<{ connections: { edges: readonly { node: Connection }[] } }>(LIST);
  const meant = connections.edges
    .map(({ node }) => node)
    .filter(({ id, state }) => state !== 'DISCONNECTED' && (connectionId ?? id) === id)
    .flatMap(({ webhookSecrets }) => webhookSecrets.filter(({ expiresAt }) => expiresAt === null));
  const [only, ...others] = meant;
  if (only === undefined) throw new UsageError('There is no such connection with a webhook secret to roll.');
  if (others.length > 0) {
    const choices = meant.map(({ id, lastFour }) => `--secret ${id} (…${lastFour})`).join(' or ');
    throw new UsageError(`There are several webhook secrets. Say which to roll: ${choices}.`);
  }
  return only.id;
}
