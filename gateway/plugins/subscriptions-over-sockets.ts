import { OperationTypeNode } from 'graphql';

import { refusal } from '../refusals.ts';

import type { OperationCheck } from './refuse-operation.ts';

const HOW =
  'Subscriptions run over WebSocket: connect to this address with the subprotocol graphql-transport-ws (the graphql-ws client does).';

/** A subscription in an HTTP request has nowhere to stream to. */
export const subscriptionsOverSockets: OperationCheck = ({ operation }) =>
  operation?.operation !== OperationTypeNode.SUBSCRIPTION
    ? null
    : refusal({ type: 'validation_error', code: 'SUBSCRIPTION_OVER_HTTP', message: HOW, status: 400 });
