import type { Caller } from '#subgraphs/shared/graphql/context.ts';

import type { ClientSignal } from './client-signal.ts';
import type { RequestHeaders } from './types.ts';

/** Apollo Server's context value: one per operation. Subgraphs never see it; they get a `GatewayRequest`. */
export interface RequestScope {
  readonly requestId: string;
  readonly caller: Caller;
  readonly headers: RequestHeaders;
  readonly ip: string;
  readonly transport: 'HTTP' | 'WEBSOCKET';
  readonly signal: ClientSignal;
}
