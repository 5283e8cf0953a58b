import { coalesce } from '#subgraphs/shared/batching/coalesce.ts';
import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { NOTE_MATCHES } from '../repositories/webhook-secrets.ts';

export interface MatchedSecret {
  readonly workspaceId: string;
  readonly secretId: string;
}

interface NoteDeps {
  readonly system: SystemDb;
  readonly wall: Clock;
}

/** Within this long the database is told of a secret once: it notes minutes, and deliveries come by the hundred a second. */
const ASKED_EVERY_MS = 10_000;

/** To be told of every delivery. Not waited for, and not told when it could not be noted: a later delivery will. */
export function matchNotes(deps: NoteDeps): (matched: MatchedSecret) => void {
  const note = coalesce((matched: readonly MatchedSecret[]) => noteMatches(deps, matched), { concurrency: 1 });
  let asked = new Set<string>();
  let since = 0;
  return (matched) => {
    const now = deps.wall.now().getTime();
    if (now - since >= ASKED_EVERY_MS) [asked, since] = [new Set(), now];
    if (asked.has(matched.secretId)) return;
    asked.add(matched.secretId);
    note(matched).catch(() => asked.delete(matched.secretId));
  };
}

/** Notes, to the minute, that deliveries were signed with these secrets: so that one sees which is still in use before taking it away. */
export async function noteMatches(
  { system, wall }: NoteDeps,
  matched: readonly MatchedSecret[],
): Promise<readonly MatchedSecret[]> {
  await system.query(NOTE_MATCHES, [
    matched.map(({ workspaceId }) => workspaceId),
    matched.map(({ secretId }) => secretId),
    wall.now(),
  ]);
  return matched;
}
