import type { ClickHouse } from '#subgraphs/shared/clickhouse/client.ts';
import { type ObjectState, statesOf } from '../repositories/mirror-objects.ts';
import { answer } from './answer.ts';

/** More states than any object has in years. */
const MOST = 500;

/** The states that an object of billing's mirror has taken on, newest first. @throws {AnalyticsUnavailableError} while ClickHouse is away. */
export async function readObjectHistory(
  clickhouse: ClickHouse,
  workspaceId: string,
  objectId: string,
): Promise<readonly ObjectState[]> {
  return answer(() => statesOf(clickhouse, workspaceId, objectId, MOST));
}
