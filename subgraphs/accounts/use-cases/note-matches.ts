import type { SystemDb } from '#subgraphs/shared/db/system.ts';
import type { Clock } from '#subgraphs/shared/time/clock.ts';
import { NOTE_MATCHES } from '../repositories/webhook-secrets.ts';

export interface MatchedSecret {
  readonly workspaceId: string;
  readonly secretId: string;
}

/** Notes, to the minute, that deliveries were signed with these secrets: so that one sees which is still in use before taking it away. */
export async function noteMatches(
  { system, wall }: { readonly system: SystemDb; readonly wall: Clock },
  matched: readonly MatchedSecret[],
): Promise<readonly MatchedSecret[]> {
  await system.query(NOTE_MATCHES, [
    matched.map(({ workspaceId }) => workspaceId),
    matched.map(({ secretId }) => secretId),
    wall.now(),
  ]);
  return matched;
}
