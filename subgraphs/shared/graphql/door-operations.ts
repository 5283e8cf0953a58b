import { createSourceEventStream, type DocumentNode, execute, type ExecutionResult, parse, validate } from 'graphql';
import type { GraphQLFormattedError, GraphQLSchema } from 'graphql';
import { describe, type Place, publicError } from '../errors/public-error.ts';
import type { ServerLog } from '../logging/server-log.ts';
import { BoundedCache } from './bounded-cache.ts';
import type { Caller } from './context.ts';
import type { GatewayRequest, SubgraphDoor } from './door.ts';
import { refuseUnstorableLiterals, refuseUnstorableVariables } from './storable-text.ts';

/** What plans send repeats with the operations that clients send; a thousand shapes cover every client we know of. */
const CACHED_DOCUMENTS = 1_000;

/** What a plan asks of one subgraph. */
export interface Fetch {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly operationName?: string | undefined;
}

export interface FetchResult {
  data?: Record<string, unknown> | null;
  errors?: readonly GraphQLFormattedError[];
}

/**
 * Carries out what gateways ask of a subgraph, the same whether they are in this process or elsewhere. Documents are parsed and
 * checked once each; errors leave as what a client may see, since only here is the thrown error still at hand.
 */
export class DoorOperations {
  readonly #name: string;
  readonly #door: SubgraphDoor;
  readonly #log: ServerLog;
  readonly #documents: BoundedCache<DocumentNode>;

  constructor(name: string, door: SubgraphDoor, log: ServerLog) {
    this.#name = name;
    this.#door = door;
    this.#log = log;
    this.#documents = new BoundedCache<DocumentNode>(CACHED_DOCUMENTS, door.onDocument);
  }

  /**
   * One fetch of a plan, or one event of a stream (`event` is then the payload that the source gave).
   * Rejects only when the subgraph could not be called at all: its context could not be made, or it does not know what is asked.
   */
  async run(fetch: Fetch, caller: Caller, request: GatewayRequest, event?: unknown): Promise<FetchResult> {
    try {
      const document = this.document(fetch.query);
      refuseUnstorableVariables(fetch.variables);
      const contextValue = this.#door.contextFor(caller, request);
      const result = await this.#door.around(contextValue, async () =>
        execute({
          schema: this.#door.schema,
          document,
          contextValue,
          rootValue: event,
          variableValues: fetch.variables,
          operationName: fetch.operationName,
        }),
      );
      return this.#formatted(result, request.requestId);
    } catch (error) {
      if (describe(error) === null) throw error;
      return { data: null, errors: [publicError(error, this.place(request.requestId))] };
    }
  }

  /**
   * Opens the source of a subscription; each `next` runs inside the workspace, as the resolvers do.
   * @throws what the subgraph threw, or a GraphQLError, when the subscription is refused.
   */
  async open(fetch: Fetch, caller: Caller, request: GatewayRequest): Promise<AsyncIterator<unknown>> {
    refuseUnstorableVariables(fetch.variables);
    const contextValue = this.#door.contextFor(caller, request);
    const around = async <T>(run: () => Promise<T>): Promise<T> => this.#door.around(contextValue, run);
    const opened = await around(async () =>
      createSourceEventStream({
        schema: this.#door.schema,
        document: this.document(fetch.query),
        contextValue,
        variableValues: fetch.variables,
        operationName: fetch.operationName,
      }),
    );
    if (!(Symbol.asyncIterator in opened)) {
      const error = opened.errors?.[0];
      throw (
        error?.originalError ??
        error ??
        new Error(`The subgraph "${this.#name}" answered a subscription without a stream.`)
      );
    }
    const source = opened[Symbol.asyncIterator]();
    return {
      next: async () => around(async () => source.next()),
      return: async () => (await source.return?.()) ?? { done: true, value: undefined },
    };
  }

  get schema(): GraphQLSchema {
    return this.#door.schema;
  }

  /** @throws {GraphQLError} for what is the client's mistake, an Error for what is the plan's. */
  document(query: string): DocumentNode {
    const known = this.#documents.get(query);
    if (known !== undefined) return known;
    const document = parse(query, { noLocation: true });
    const [mistake] = validate(this.#door.schema, document);
    // A value of a scalar of ours: only its subgraph knows what it must look like, so the client hears of it here.
    if (mistake !== undefined && describe(mistake) !== null) throw mistake;
    if (mistake !== undefined)
      throw new Error(`The subgraph "${this.#name}" does not know what the plan asks: ${mistake.message}`);
    refuseUnstorableLiterals(document);
    this.#documents.set(query, document);
    return document;
  }

  place(requestId: string): Place {
    return { log: this.#log, subgraph: this.#name, requestId };
  }

  #formatted(result: ExecutionResult, requestId: string): FetchResult {
    if (result.errors === undefined) return result as FetchResult;
    const place = this.place(requestId);
    return { data: result.data ?? null, errors: result.errors.map((error) => publicError(error, place)) };
  }
}
