import { setTimeout as sleep } from 'node:timers/promises';
import { accepted, type Graph, graphAt } from '#cli/graph.ts';
import type { Connected, ProductAt } from '../stripe-webhooks/connected.ts';

const PATIENCE_MS = 120_000;
const REPLAY = `mutation Replay($input: ReplayInboxEventsInput!) { replayInboxEvents(input: $input) {
  __typename ... on InboxReplay { job { id } } ... on UserError { message }
} }`;
const JOB = `query Job($id: ID!) { job(id: $id) { state error } }`;

interface Answer {
  readonly __typename: string;
  readonly job: { readonly id: string } | null;
}

/** Has all deliveries of the run applied once more, so many times, while others come in: which must change nothing. */
export class Replays {
  readonly #product: ProductAt;
  readonly #connected: Connected;
  readonly #times: number;
  readonly #after: number;
  readonly #since = new Date(Date.now() - 60_000);
  #carryingOut: Promise<void> | undefined;

  constructor(
    product: ProductAt,
    connected: Connected,
    { times, deliveries }: { readonly times: number; readonly deliveries: number },
  ) {
    this.#product = product;
    this.#connected = connected;
    this.#times = times;
    this.#after = Math.ceil(deliveries / 2);
  }

  /** To be told after each accepted delivery. */
  accepted(count: number): void {
    if (count < this.#after) return;
    this.#carryingOut ??= this.#replay();
    this.#carryingOut.catch(() => undefined); // Told to whoever waits for the end.
  }

  async #replay(): Promise<void> {
    const graph = graphAt(this.#product.graphqlUrl, this.#connected.apiKey, { patienceMs: PATIENCE_MS });
    for (let replayed = 0; replayed < this.#times;) {
      const window = { since: this.#since.toISOString() };
      const { replayInboxEvents } = await graph.run<{ replayInboxEvents: Answer }>(REPLAY, { input: window });
      const { job } = accepted(replayInboxEvents);
      // All of them are on their way, from the replay before.
      if (job === null) await sleep(100);
      else {
        await this.#untilDone(graph, job.id);
        replayed += 1;
      }
    }
  }

  async #untilDone(graph: Graph, id: string): Promise<void> {
    for (;;) {
      const { job } = await graph.run<{ job: { state: string; error: string | null } | null }>(JOB, { id });
      if (job?.state === 'SUCCEEDED') return;
      if (job?.state === 'FAILED') throw new Error(`A replay failed: ${job.error ?? ''}`);
      await sleep(50);
    }
  }

  /** Once all is over: whether they took place, and whether the audit log says who asked for each. */
  async wrong(): Promise<readonly string[]> {
    if (this.#times === 0) return [];
    if (this.#carryingOut === undefined) return ['nothing was replayed'];
    await this.#carryingOut;
    const { rows } = await this.#product.admin.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM kernel.audit_event
       WHERE workspace_id = $1 AND action = 'replayInboxEvents' AND outcome = 'DONE' AND actor_type = 'API_KEY' AND actor_id IS NOT NULL`,
      [this.#connected.workspaceId],
    );
    const told = rows[0]?.n ?? 0;
    return told < this.#times ? [`${String(told)} replays in the audit log of ${String(this.#times)}`] : [];
  }
}
