export type Provider = 'STRIPE';

/** With a key of the account's own, or with the platform's key in the account's name. */
export type ConnectionAccess = 'API_KEY' | 'OAUTH';

export type ConnectionState = 'PENDING' | 'ACTIVE' | 'NEEDS_REAUTH' | 'DISCONNECTED' | 'ERROR';

/** One account at one provider. Secrets are not part of this value: they are unsealed where they are used and nowhere else. */
export interface Connection {
  readonly workspaceId: string;
  readonly id: string;
  readonly provider: Provider;
  readonly access: ConnectionAccess;
  readonly state: ConnectionState;
  readonly account: string;
  readonly livemode: boolean;
  readonly displayName: string;
  readonly endpointId: string;
  readonly providerEndpointId: string | null;
  readonly createdAt: Date;
  readonly activatedAt: Date | null;
  readonly disconnectedAt: Date | null;
}

/** Every legal move of a connection; what is not listed cannot happen. A disconnected one is history: connecting again makes a new one. */
const MOVES: Record<ConnectionState, readonly ConnectionState[]> = {
  PENDING: ['ACTIVE', 'DISCONNECTED'],
  ACTIVE: ['NEEDS_REAUTH', 'ERROR', 'DISCONNECTED'],
  NEEDS_REAUTH: ['ACTIVE', 'ERROR', 'DISCONNECTED'],
  ERROR: ['ACTIVE', 'NEEDS_REAUTH', 'DISCONNECTED'],
  DISCONNECTED: [],
};

export function canMove(from: ConnectionState, to: ConnectionState): boolean {
  return MOVES[from].includes(to);
}

/** In these states deliveries are accepted: an expired credential stops our reading, not the provider's sending. */
export const RECEIVING_STATES = ['ACTIVE', 'NEEDS_REAUTH', 'ERROR'] as const satisfies readonly ConnectionState[];

/** A workspace is live or test as a whole, so a key of the other kind has no place in it. */
export function livemodeOf(mode: 'LIVE' | 'TEST'): boolean {
  return mode === 'LIVE';
}
