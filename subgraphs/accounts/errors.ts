import { DomainError } from '#subgraphs/shared/errors/errors.ts';

/** Test data cannot meet live data: the workspace is one of the two, and so must the key be. */
export class LivemodeMismatchError extends DomainError {
  readonly code = 'LIVEMODE_MISMATCH';
  override readonly type = 'validation_error';

  constructor(mode: 'LIVE' | 'TEST', param: string) {
    const [has, needs] = mode === 'LIVE' ? ['test', 'live'] : ['live', 'test'];
    super(
      `This is a ${has} key, and the workspace is ${mode}. Use a ${needs} key, or connect it in the other workspace of the pair.`,
      { param },
    );
  }
}

export class AlreadyConnectedError extends DomainError {
  readonly code = 'ALREADY_CONNECTED';
  readonly connectionId: string;

  constructor(account: string, connectionId: string) {
    super(
      `The account ${account} is already connected here as ${connectionId}. Use that connection, or disconnect it first.`,
      { param: 'input.stripe.apiKey' },
    );
    this.connectionId = connectionId;
  }
}

export class ConnectionNotActiveError extends DomainError {
  readonly code = 'CONNECTION_NOT_ACTIVE';

  constructor(connectionId: string) {
    super(`The connection ${connectionId} is not active. Connect the account again.`, {
      param: 'input.connectionId',
    });
  }
}

/** Stripe lets accounts be connected to platforms only, and to be one takes an account with Connect. */
export class StripeConnectNotConfiguredError extends DomainError {
  readonly code = 'STRIPE_CONNECT_NOT_CONFIGURED';

  constructor(mode: 'LIVE' | 'TEST') {
    super(
      `Stripe accounts cannot be connected this way to a ${mode} workspace here: STRIPE_CONNECT_${mode}_KEY, STRIPE_CONNECT_${mode}_CLIENT_ID and STRIPE_CONNECT_${mode}_WEBHOOK_SECRETS are not set. Connect with an API key, or ask whoever runs this installation.`,
    );
  }
}

/** A state is given out for one return: used again, it would connect somebody else's account. */
export class OAuthStateError extends DomainError {
  readonly code = 'OAUTH_STATE_INVALID';
  override readonly type = 'validation_error';

  constructor() {
    super('This link was used already, or it is too old. Please start again from where you came.');
  }
}

/** Deliveries must find a secret that fits, today and tomorrow. */
export class LastWebhookSecretError extends DomainError {
  readonly code = 'LAST_WEBHOOK_SECRET';

  constructor() {
    super(
      'This is the only webhook secret of the connection that does not expire: without it deliveries would be refused. Add or roll to another one first.',
      { param: 'input.id' },
    );
  }
}
