import { writeFileSync } from 'node:fs';
import type pg from 'pg';
import type { Embedded } from '#cli/embedded/supervisor.ts';
import { type Connected, type ConnectedPair, connectPair, modesOf } from './connected.ts';
import type { Contestant, Verdict } from './contestant.ts';
import { untilDrained } from './drained.ts';
import { dumpMirror } from './mirror-dump.ts';
import { send } from './sender.ts';
import type { Traffic } from './traffic.ts';
import { verdictOf } from './verdict.ts';

export interface OursOptions {
  readonly tools: string;
  readonly traffic: Traffic;
  readonly instance: Embedded;
  readonly admin: pg.Pool;
  /** How far the sender is; the Stripe that is asked back reads it. */
  readonly progress: string;
  /** How long the worker may take to apply everything. */
  readonly drainWithinMs: number;
}

/**
 * Oppulence, built, with its web and worker processes. Each time it gets a workspace and a connection of their own, to which all events are
 * new. With `workerHeld` the worker is stopped until the last delivery is answered: what the web process takes when it has the machine to itself.
 */
export function ours(options: OursOptions, { workerHeld }: { readonly workerHeld: boolean }): Contestant {
  const { instance, admin, progress, drainWithinMs } = options;
  let connected: ConnectedPair | undefined;
  const signalWorker = (signal: NodeJS.Signals): void => {
    if (workerHeld) process.kill(instance.children.worker.pid, signal);
  };
  return {
    name: workerHeld ? 'Oppulence, web alone' : 'Oppulence, web + worker',
    fresh: async () => {
      writeFileSync(progress, '0'); // Stripe has nothing yet, so the backfill that connecting starts finds nothing.
      const { graphqlUrl } = instance.info;
      connected = await connectPair(
        { graphqlUrl, operatorToken: instance.env['OPPULENCE_OPERATOR_TOKEN'] ?? '', admin },
        { live: options.traffic.liveFile !== null },
      );
      signalWorker('SIGSTOP');
      return connected.test.target;
    },
    drain: async () => {
      signalWorker('SIGCONT');
      if (connected === undefined) throw new Error('Nothing was sent.');
      const drained = await untilDrained(admin, connected.test.workspaceId, drainWithinMs);
      await sendLive(options, connected.live);
      return drained;
    },
    verify: () => verify(options, connected),
  };
}

/** Stripe sends events of live mode to the endpoint of live mode; the test endpoint had them as well and must not have taken them for its own. */
async function sendLive({ tools, traffic, admin, drainWithinMs }: OursOptions, live: Connected | null): Promise<void> {
  if (traffic.liveFile === null || live === null) return;
  await send(tools, live.target, { file: traffic.liveFile, concurrency: 1 });
  await untilDrained(admin, live.workspaceId, drainWithinMs);
}

async function verify({ tools, traffic, admin }: OursOptions, connected: ConnectedPair | undefined): Promise<Verdict> {
  const dump = await dumpMirror(admin, connected === undefined ? [] : modesOf(connected));
  return verdictOf(tools, traffic.folder, dump);
}
