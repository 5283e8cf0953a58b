import { ConflictError, ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { type RouteDeps, type RoutedDeliveries, routeDeliveries } from '../../use-cases/route-deliveries.ts';

export const example = { input: { account: 'acct_1QExample', livemode: false, dryRun: true } };

export function addRouteDeliveries(builder: SubgraphBuilder, deps: RouteDeps): void {
  const Routed = builder.objectRef<RoutedDeliveries>('RoutedDeliveries').implement({
    description: 'Webhook deliveries that came in when nobody had connected their account.',
    fields: (t) => ({
      matched: t.exposeInt('matched', { description: 'How many were kept for this account.' }),
      workspaces: t.exposeInt('workspaces', { description: 'How many workspaces have connected it.' }),
      routed: t.exposeInt('routed', {
        description: 'How many are in their inboxes now; about 5,000 at most in one call. None in a dry run.',
      }),
    }),
  });
  const Input = builder.inputType('RouteDeliveriesInput', {
    description: 'Whose deliveries.',
    fields: (t) => ({
      account: t.string({ required: true, description: 'The provider’s id of the account (acct_…).' }),
      livemode: t.boolean({ required: true, description: 'Those about real money, or those of test mode.' }),
      dryRun: t.boolean({ defaultValue: false, description: 'Only counts, and changes nothing.' }),
    }),
  });
  builder.mutationField('routeDeliveries', (t) =>
    t.field({
      type: Routed,
      description:
        'Gives webhook deliveries that were kept for nobody to the workspaces that have connected their account since. What is known better by now stays. For operators only.',
      args: { input: t.arg({ type: Input, required: true, description: 'Whose deliveries.' }) },
      authScopes: { operator: true },
      errors: {
        types: [ValidationError, ConflictError],
        union: { name: 'RouteDeliveriesResult', description: 'What was routed, or why nothing was.' },
      },
      resolve: (_root, { input }, ctx) =>
        routeDeliveries(ctx.useCases, deps, { ...input, dryRun: input.dryRun ?? false }),
    }),
  );
}
