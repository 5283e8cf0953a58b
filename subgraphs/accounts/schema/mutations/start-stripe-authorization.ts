import { ValidationError } from '#subgraphs/shared/errors/errors.ts';
import type { SubgraphBuilder } from '#subgraphs/shared/graphql/builder.ts';
import { refusalType } from '#subgraphs/shared/graphql/kernel-types.ts';
import { StripeConnectNotConfiguredError } from '../../errors.ts';
import {
  startStripeAuthorization,
  type StartedStripeAuthorization,
  type StripeAuthorizationDeps,
} from '../../use-cases/start-stripe-authorization.ts';

export const example = { input: { returnUrl: 'https://app.example.com/settings/stripe' } };

export function addStartStripeAuthorization(builder: SubgraphBuilder, deps: StripeAuthorizationDeps): void {
  refusalType(builder, StripeConnectNotConfiguredError, {
    description:
      'This installation is no platform at Stripe in the workspace’s mode; the message names what is not configured. Connect the account with a key instead.',
  });
  const Started = builder.objectRef<StartedStripeAuthorization>('StartedStripeAuthorization').implement({
    description: 'The way to Stripe’s page where the owner of an account lets us act for it.',
    fields: (t) => ({
      url: t.exposeString('url', {
        description: 'Send the owner’s browser there. Good for one connection; whoever has it can use it up.',
      }),
      expiresAt: t.expose('expiresAt', {
        type: 'DateTime',
        description: 'From this instant on (real time) coming back from it connects nothing: ask for another one.',
      }),
    }),
  });
  const Input = builder.inputType('StartStripeAuthorizationInput', {
    description: 'How to go on afterwards.',
    fields: (t) => ({
      returnUrl: t.string({
        description:
          'Where the browser is sent at the end, with `connection` (the connection’s id) or `error` (a code; `access_denied` if the owner declined) added. An https:// address, or an http:// one of the same machine. Left out: a page of ours says how it went.',
      }),
    }),
  });
  builder.mutationField('startStripeAuthorization', (t) =>
    t.field({
      type: Started,
      description:
        'Asks the owner of a Stripe account, on Stripe’s own page, to let us act for it; no key changes hands. When they agree, the account is connected and its first reading starts.',
      args: { input: t.arg({ type: Input, required: true, description: 'How to go on afterwards.' }) },
      authScopes: { scope: 'connections:write' },
      errors: {
        types: [ValidationError, StripeConnectNotConfiguredError],
        union: {
          name: 'StartStripeAuthorizationResult',
          description: 'The way to Stripe’s page, or why there is none.',
        },
      },
      resolve: (_root, { input }, ctx) => startStripeAuthorization(ctx.useCases, deps, input),
    }),
  );
}
