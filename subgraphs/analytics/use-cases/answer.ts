import { isClickHouseUnavailable } from '#subgraphs/shared/clickhouse/client.ts';
import { AnalyticsUnavailableError } from '../errors.ts';

/** Runs a read. @throws {AnalyticsUnavailableError} while ClickHouse is away; a refused statement stays what it is, a bug. */
export async function answer<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    throw isClickHouseUnavailable(cause) ? new AnalyticsUnavailableError(cause) : cause;
  }
}
