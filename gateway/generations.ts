import { createOperations } from './operations.ts';
import { createSocketSchema } from './subscriptions/socket-schema.ts';
import { loadSupergraph } from './supergraph.ts';

import type { ApolloServer } from '@apollo/server';

import type { RequestScope } from './request-scope.ts';
import type { Source } from './sources/source.ts';
import type { SocketSchema } from './subscriptions/socket-schema.ts';
import type { GatewayDeps, GatewayLimits, SupergraphSwap } from './types.ts';

/**
 * One supergraph with all that was made from it: schema, documents, plans, groups of subscribers. What began in a generation ends in it,
 * so that a swap never mixes the plan of one with the schema of another.
 */
export interface Generation {
  readonly sockets: SocketSchema;
  /** Runs one operation. The generation does not stop before it is done, also when another has taken its place. */
  run<T>(operation: (apollo: ApolloServer<RequestScope>) => Promise<T>): Promise<T>;
  retire(): Promise<void>;
}

export interface GenerationDeps {
  readonly deps: GatewayDeps;
  readonly limits: GatewayLimits;
  readonly sources: ReadonlyMap<string, Source>;
}

/** Rejects when the supergraph can't be loaded or names a subgraph without a source. */
async function createGeneration(supergraphSdl: string, { deps, limits, sources }: GenerationDeps): Promise<Generation> {
  const supergraph = loadSupergraph(supergraphSdl, sources, deps.log);
  const apollo = createOperations(deps, limits, supergraph);
  await apollo.start();
  const sockets = createSocketSchema({ deps, limits, sources, supergraph });
  let running = 0;
  let onIdle = (): void => undefined;
  const generation: Generation = {
    sockets,
    run: async (operation) => {
      running += 1;
      try {
        return await operation(apollo);
      } finally {
        running -= 1;
        if (running === 0) onIdle();
      }
    },
    retire: async () => {
      sockets.retire();
      if (running > 0) await new Promise<void>((idle) => (onIdle = idle));
      await apollo.stop();
    },
  };
  return generation;
}

/** The generation that serves, and the way to the next. */
export class Generations {
  readonly #given: GenerationDeps;
  #current: Generation;
  #sdl: string;
  #refused = false;
  #swapping: Promise<unknown> = Promise.resolve();
  readonly #retiring = new Set<Promise<void>>();

  private constructor(given: GenerationDeps, first: Generation, sdl: string) {
    this.#given = given;
    this.#current = first;
    this.#sdl = sdl;
  }

  static async begin(given: GenerationDeps): Promise<Generations> {
    const sdl = given.deps.supergraphSdl;
    return new Generations(given, await createGeneration(sdl, given), sdl);
  }

  readonly current = (): Generation => this.#current;

  /** What is not as it should be although everything is served. */
  readonly warnings = (): readonly string[] => (this.#refused ? ['supergraph'] : []);

  /** One after the other. Never rejects: a supergraph that can't be loaded changes nothing. */
  async swap(supergraphSdl: string): Promise<SupergraphSwap> {
    const swapped = this.#swapping.then(async () => this.#swap(supergraphSdl));
    this.#swapping = swapped;
    return swapped;
  }

  async close(): Promise<void> {
    await this.#swapping;
    await Promise.all([this.#current.retire(), ...this.#retiring]);
  }

  async #swap(supergraphSdl: string): Promise<SupergraphSwap> {
    const { log } = this.#given.deps;
    if (supergraphSdl === this.#sdl) {
      this.#refused = false;
      return { outcome: 'UNCHANGED' };
    }
    try {
      const before = this.#current;
      this.#current = await createGeneration(supergraphSdl, this.#given);
      this.#retire(before);
      this.#sdl = supergraphSdl;
      this.#refused = false;
      log.info({}, 'the supergraph was swapped');
      return { outcome: 'SWAPPED' };
    } catch (error) {
      this.#refused = true;
      log.warn({ error }, 'a supergraph could not be loaded; the one before goes on serving');
      return { outcome: 'REFUSED', error };
    }
  }

  #retire(generation: Generation): void {
    const retired = generation
      .retire()
      .catch((error: unknown) => this.#given.deps.log.error({ error }, 'a supergraph was not left cleanly'));
    this.#retiring.add(retired);
    void retired.then(() => this.#retiring.delete(retired));
  }
}
