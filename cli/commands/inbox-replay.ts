import { accepted, graphAt, RESTART_PATIENCE_MS } from '../graph.ts';
import { instantOption } from '../instant-option.ts';
import { rememberedKey, runningInstance } from '../instance.ts';

const REPLAY = `mutation ReplayInboxEvents($input: ReplayInboxEventsInput!) {
  replayInboxEvents(input: $input) {
    __typename
    ... on InboxReplay { matched unreadable counts { state type count } job { id } }
    ... on UserError { message }
  }
}`;

interface Replay {
  __typename: string;
  matched: number;
  unreadable: number;
  counts: readonly { state: string; type: string | null; count: number }[];
  job: { id: string } | null;
}

export interface ReplayOptions {
  readonly since: string | undefined;
  readonly until: string | undefined;
  readonly types: readonly string[] | undefined;
  readonly states: readonly string[] | undefined;
  readonly dryRun: boolean;
  readonly apiKey: string | undefined;
  readonly json: boolean;
}

/** `oppulence inbox replay --since …`: has kept webhook deliveries applied again. */
export async function inboxReplay(options: ReplayOptions): Promise<void> {
  const { info } = runningInstance();
  const apiKey = options.apiKey ?? process.env['OPPULENCE_API_KEY'] ?? rememberedKey(info.dataDir);
  const input = {
    since: instantOption('--since', options.since),
    until: instantOption('--until', options.until),
    types: options.types,
    states: options.states?.map((state) => state.toUpperCase()),
    dryRun: options.dryRun,
  };
  const { replayInboxEvents } = await graphAt(info.graphqlUrl, apiKey, { patienceMs: RESTART_PATIENCE_MS }).run<{
    replayInboxEvents: Replay;
  }>(REPLAY, { input });
  const replay = accepted(replayInboxEvents);
  if (options.json) {
    const { matched, unreadable, counts, job } = replay;
    console.log(JSON.stringify({ matched, unreadable, counts, jobId: job?.id ?? null }, null, 2));
    return;
  }
  for (const { state, type, count } of replay.counts)
    console.log(`${String(count).padStart(9)}  ${state.padEnd(9)} ${type ?? '(unreadable)'}`);
  const left = replay.unreadable > 0 ? `; ${String(replay.unreadable)} cannot be read and stay as they are` : '';
  if (replay.job) console.log(`${String(replay.matched)} deliveries are applied again${left}. Job ${replay.job.id}`);
  else console.log(`${String(replay.matched)} deliveries ${options.dryRun ? 'would be' : 'are'} applied again${left}.`);
}
