// PostgreSQL: lost connections (class 08), out of connections or memory (53), shutdown and start-up (57P), lock timeout,
// serialization failure, deadlock. Node: sockets. Prisma: cannot reach, timed out, pool exhausted, write conflict.
const POSTGRES = /^(08...|53...|57P0[1-5]|55P03|57014|40001|40P01)$/;
const NODE =
  /^(ECONNREFUSED|ECONNRESET|ECONNABORTED|EPIPE|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EAI_AGAIN|UND_ERR_[A-Z_]+)$/;
const PRISMA = /^P(1001|1002|1008|1017|2024|2028|2034)$/;
const MESSAGES =
  /Connection terminated|not queryable|connection timeout|timeout exceeded when trying to connect|Can't reach database server/i;

/**
 * Trouble rather than a bug: the same call may succeed when it is made again, because a connection broke, a lock was not to be
 * had or a server was restarting. Looks through `cause`, `errors` (AggregateError) and Prisma's `meta`, since
 * drivers wrap each other.
 */
export function isTransient(error: unknown): boolean {
  return anyInChain(error, (link) => {
    const codes = [link['code'], link['originalCode'], link['sqlState']];
    return codes.some((code) => typeof code === 'string' && isTransientCode(code)) || hasTransientMessage(link);
  });
}

function isTransientCode(code: string): boolean {
  return POSTGRES.test(code) || NODE.test(code) || PRISMA.test(code);
}

function hasTransientMessage(link: Record<string, unknown>): boolean {
  return link instanceof Error && MESSAGES.test(link.message);
}

function anyInChain(error: unknown, test: (link: Record<string, unknown>) => boolean, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 8) return false;
  const link = error as Record<string, unknown>;
  if (test(link)) return true;
  const inner = [
    link['cause'],
    link['originalError'],
    // Where Prisma keeps what PostgreSQL said; its own code (P2010, P2039) says only that a statement failed.
    link['meta'],
    link['driverAdapterError'],
    ...(Array.isArray(link['errors']) ? (link['errors'] as unknown[]) : []),
  ];
  return inner.some((each) => anyInChain(each, test, depth + 1));
}
