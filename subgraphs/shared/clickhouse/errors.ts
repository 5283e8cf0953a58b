/**
 * ClickHouse did not answer: refused, timed out, broke the connection or is overloaded. Nothing is known to be wrong with the
 * statement, so asking again later is right. Reads turn it into a retryable answer; the shipper backs off and keeps its place.
 */
export class ClickHouseUnavailableError extends Error {
  override readonly name = 'ClickHouseUnavailableError';
}

/** ClickHouse answered and refused the statement. A bug of ours: asking again gives the same answer. */
export class ClickHouseQueryError extends Error {
  override readonly name = 'ClickHouseQueryError';
  /** ClickHouse's own error number as text, for example `60` for an unknown table. */
  readonly clickHouseCode: string;

  constructor(clickHouseCode: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.clickHouseCode = clickHouseCode;
  }
}

/**
 * Refusals that pass by themselves: 159 TIMEOUT_EXCEEDED, 202 TOO_MANY_SIMULTANEOUS_QUERIES, 209 SOCKET_TIMEOUT, 210 NETWORK_ERROR,
 * 241 MEMORY_LIMIT_EXCEEDED, 242 TABLE_IS_READ_ONLY (a replica without its keeper), 252 TOO_MANY_PARTS, 999 KEEPER_EXCEPTION
 * (src/Common/ErrorCodes.cpp of ClickHouse).
 */
const PASSING = new Set(['159', '202', '209', '210', '241', '242', '252', '999']);

/** What went wrong with one request, in our two words. */
export function clickHouseFault(cause: unknown): ClickHouseUnavailableError | ClickHouseQueryError {
  const code = clickHouseCodeOf(cause);
  const detail = cause instanceof Error ? cause.message : String(cause);
  if (code !== null && !PASSING.has(code))
    return new ClickHouseQueryError(code, `ClickHouse refused the statement (code ${code}): ${detail}`, { cause });
  return new ClickHouseUnavailableError(`ClickHouse is not available: ${detail}`, { cause });
}

/** The client gives refusals a numeric code (`"60"`); what the network does has a name (`"ECONNREFUSED"`) or none at all. */
function clickHouseCodeOf(cause: unknown): string | null {
  if (!(cause instanceof Error) || !('code' in cause)) return null;
  return typeof cause.code === 'string' && /^\d+$/.test(cause.code) ? cause.code : null;
}
