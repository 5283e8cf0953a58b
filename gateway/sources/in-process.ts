import { DoorOperations } from '#subgraphs/shared/graphql/door-operations.ts';

import { away } from './away.ts';
import { downstreamError } from '../refusals.ts';
import { onceEach } from './representations.ts';
import { incoming, requestOf } from './source.ts';

import type { GraphQLDataSourceProcessOptions } from '@apollo/gateway';

import type { RequestScope } from '../request-scope.ts';
import type { GatewayLog, InProcessSubgraph } from '../types.ts';
import type { ClientRequest, Fetch, FetchResult, Source } from './source.ts';

/** Calls a subgraph's schema in this process. */
export class InProcessSource implements Source {
  readonly #name: string;
  readonly #operations: DoorOperations;
  readonly #log: GatewayLog;

  constructor(name: string, subgraph: InProcessSubgraph, log: GatewayLog) {
    this.#name = name;
    this.#operations = new DoorOperations(name, subgraph, log);
    this.#log = log;
  }

  async process(options: GraphQLDataSourceProcessOptions): Promise<FetchResult> {
    const { fetch, scope, operation } = incoming(options);
    return onceEach(fetch, async (distinct) => this.fetch(distinct, scope, operation));
  }

  async fetch(fetch: Fetch, scope: RequestScope, operation: ClientRequest): Promise<FetchResult> {
    return this.#run(fetch, scope, operation);
  }

  async answer(event: unknown, fetch: Fetch, scope: RequestScope, operation: ClientRequest): Promise<FetchResult> {
    return this.#run(fetch, scope, operation, event);
  }

  async open(fetch: Fetch, scope: () => RequestScope, operation: ClientRequest): Promise<AsyncIterator<unknown>> {
    const { caller, ...now } = scope();
    return this.#operations.open(fetch, caller, requestOf({ caller, ...now }, operation));
  }

  async ready(): Promise<void> {
    return Promise.resolve();
  }

  async close(): Promise<void> {
    return Promise.resolve();
  }

  async #run(fetch: Fetch, scope: RequestScope, operation: ClientRequest, event?: unknown): Promise<FetchResult> {
    try {
      return await this.#operations.run(fetch, scope.caller, requestOf(scope, operation), event);
    } catch (error) {
      this.#log.error({ error, subgraph: this.#name, requestId: scope.requestId }, 'a subgraph could not be called');
      return away(fetch, downstreamError);
    }
  }
}
