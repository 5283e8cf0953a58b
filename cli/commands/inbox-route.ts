import { accepted, graphAt, RESTART_PATIENCE_MS } from '../graph.ts';
import { runningInstance } from '../instance.ts';
import { UsageError } from '../usage-error.ts';

const ROUTE = `mutation RouteDeliveries($input: RouteDeliveriesInput!) {
  routeDeliveries(input: $input) { __typename ... on RoutedDeliveries { matched workspaces routed } ... on UserError { message } }
}`;

interface Routed {
  readonly __typename: string;
  readonly matched: number;
  readonly workspaces: number;
  readonly routed: number;
}

export interface RouteOptions {
  readonly account: string | undefined;
  readonly live: boolean;
  readonly dryRun: boolean;
  readonly json: boolean;
}

/** `oppulence inbox route --account acct_…`: deliveries that came in before anybody had connected their account go where they belong. */
export async function inboxRoute({ account, live: livemode, dryRun, json }: RouteOptions): Promise<void> {
  const { info, operatorToken } = runningInstance();
  if (account === undefined)
    throw new UsageError('Whose deliveries? Pass the account at Stripe with --account acct_….');
  const graph = graphAt(info.graphqlUrl, operatorToken, { patienceMs: RESTART_PATIENCE_MS });
  const { routeDeliveries } = await graph.run<{ routeDeliveries: Routed }>(ROUTE, {
    input: { account, livemode, dryRun },
  });
  const { matched, workspaces, routed } = accepted(routeDeliveries);
  if (json) console.log(JSON.stringify({ matched, workspaces, routed }, null, 2));
  else if (dryRun) console.log(`${String(matched)} deliveries would go to ${String(workspaces)} workspaces.`);
  else
    console.log(
      `${String(routed)} of ${String(matched)} deliveries are in the inboxes of ${String(workspaces)} workspaces.`,
    );
}
