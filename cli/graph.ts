import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

interface Answer<Data> {
  data?: Data | null;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** A caller of the graph: the command line goes through the same door as everybody else. */
export interface Graph {
  /** @throws {Error} with the graph's own message when it refuses. */
  run<Data>(document: string, variables?: Record<string, unknown>): Promise<Data>;
}

/** Long enough for a process or a database that was killed to be started again. */
export const RESTART_PATIENCE_MS = 20_000;

const PAUSE_MS = 250;
const PASSING = new Set(['TEMPORARILY_UNAVAILABLE', 'AUTHENTICATION_UNAVAILABLE', 'DOWNSTREAM_SERVICE_ERROR']);

/** What may be over in a moment: nobody answers, or the gateway says that something behind it is away. */
class PassingTrouble extends Error {}

/** @param options.patienceMs how long a call is repeated while there is only passing trouble; a mutation still happens once. */
export function graphAt(graphqlUrl: string, token: string, options: { patienceMs?: number } = {}): Graph {
  return {
    run: async <Data>(document: string, variables: Record<string, unknown> = {}): Promise<Data> => {
      const headers = {
        'content-type': 'application/json',
        authorization: `Bearer ${token}`,
        ...(document.trimStart().startsWith('mutation') ? { 'idempotency-key': randomUUID() } : {}),
      };
      const call = { method: 'POST', headers, body: JSON.stringify({ query: document, variables }) };
      const deadline = performance.now() + (options.patienceMs ?? 0);
      for (;;) {
        try {
          return await ask<Data>(graphqlUrl, call);
        } catch (error) {
          if (!(error instanceof PassingTrouble) || performance.now() > deadline) throw error;
          await sleep(PAUSE_MS);
        }
      }
    },
  };
}

async function ask<Data>(graphqlUrl: string, call: RequestInit): Promise<Data> {
  const response = await fetch(graphqlUrl, call).catch((cause: unknown) => {
    throw new PassingTrouble(
      `The gateway at ${graphqlUrl} does not answer. Look into logs/web.log in the data folder, and try again.`,
      { cause },
    );
  });
  const answer = (await response.json().catch(() => ({}))) as Answer<Data>;
  const [error] = answer.errors ?? [];
  if (error !== undefined) {
    const code = error.extensions?.code ?? String(response.status);
    throw new (PASSING.has(code) ? PassingTrouble : Error)(`${error.message} (${code})`);
  }
  if (!answer.data) throw new PassingTrouble(`The gateway answered ${String(response.status)} without data`);
  return answer.data;
}

/** A mutation's result, or the refusal it answered with as an error. */
export function accepted<Result extends { __typename: string }>(
  result: Result | { __typename: string; message: string },
): Result {
  if ('message' in result && result.__typename.endsWith('Error')) throw new Error(result.message);
  return result as Result;
}
