import {
  ConflictError,
  ProviderRefusedError,
  ProviderUnavailableError,
  ValidationError,
} from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import type { Connection, Provider } from '../../domain/connection.ts';
import { AlreadyConnectedError, LivemodeMismatchError } from '../../errors.ts';
import { connectStripe, type ConnectedStripe, type ConnectStripeDeps } from '../../use-cases/connect-stripe.ts';
import type { EnumOf, Ref } from '../builder.ts';

export const example = { input: { provider: 'STRIPE', stripe: { apiKey: 'sk_test_51ExampleExampleExample' } } };

export interface ConnectionTypes {
  readonly connection: Ref<Connection>;
  readonly provider: EnumOf<Provider>;
  readonly JobRef: Ref<{ id: string }>;
}

export function addCreateConnection(builder: SubgraphBuilder, types: ConnectionTypes, deps: ConnectStripeDeps): void {
  refusalType(builder, LivemodeMismatchError, {
    description: 'The key is a live key and the workspace a TEST workspace, or the other way round. Nothing was kept.',
  });
  refusalType(builder, AlreadyConnectedError, { description: 'The account is connected to this workspace already.' });
  builder.objectField(AlreadyConnectedError, 'connectionId', (t) =>
    t.exposeID('connectionId', { description: 'The connection that it has.' }),
  );
  const Stripe = builder.inputType('StripeConnectionInput', {
    description: 'How to reach a Stripe account.',
    fields: (t) => ({
      apiKey: t.string({
        required: true,
        description: 'A secret key (sk_…) or a restricted key (rk_…) of the account. Kept encrypted and never shown.',
      }),
      webhookSecret: t.string({
        description:
          'The signing secret (whsec_…) of an endpoint that you register at Stripe yourself. Left out: the endpoint is registered for you.',
      }),
    }),
  });
  const Input = builder.inputType('CreateConnectionInput', {
    description: 'The account to connect.',
    fields: (t) => ({
      provider: t.field({ type: types.provider, required: true, description: 'Whose account it is.' }),
      stripe: t.field({ type: Stripe, description: 'For STRIPE, required.' }),
    }),
  });
  const Created = builder.objectRef<ConnectedStripe>('CreatedConnection').implement({
    description: 'A new connection.',
    fields: (t) => ({
      connection: t.expose('connection', { type: types.connection, description: 'The connection.' }),
      webhookUrl: t.exposeString('webhookUrl', {
        description:
          'Where Stripe posts its events. Already registered there, unless you gave a webhookSecret: then register it now.',
      }),
      webhookSecret: t.exposeString('webhookSecret', {
        description: 'What Stripe signs its events with. Not shown again.',
      }),
      job: t.field({
        type: types.JobRef,
        nullable: true,
        description: 'The first reading of the account; follow it with jobProgress.',
        resolve: ({ jobId }) => ({ id: jobId }),
      }),
    }),
  });
  builder.mutationField('createConnection', (t) =>
    t.field({
      type: Created,
      description:
        'Connects an account and starts reading it. For Stripe, the webhook endpoint is registered there as well.',
      args: { input: t.arg({ type: Input, required: true, description: 'The account to connect.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [
          ValidationError,
          LivemodeMismatchError,
          AlreadyConnectedError,
          ConflictError,
          ProviderRefusedError,
          ProviderUnavailableError,
        ],
        union: { name: 'CreateConnectionResult', description: 'The connection, or why it was not made.' },
      },
      resolve: async (_root, { input }, ctx) => {
        if (!input.stripe)
          throw new ValidationError('A Stripe connection needs the field stripe with an apiKey.', 'input.stripe');
        return connectStripe(ctx.useCases, deps, input.stripe);
      },
    }),
  );
}
