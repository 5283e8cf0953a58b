import type { FastifyInstance } from 'fastify';

/** Opens the port (0: any free one) and answers the URL. Rejects with a message that names the port when it is taken. */
export async function listenOn(
  server: FastifyInstance,
  { port, host }: { port: number; host: string },
): Promise<string> {
  try {
    await server.listen({ port, host });
  } catch (error) {
    throw new Error(portProblem(error, port, host), { cause: error });
  }
  const address = server.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  // 0.0.0.0 is where to listen, not an address to open.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host;
  return `http://${reachable}:${String(actual)}`;
}

function portProblem(error: unknown, port: number, host: string): string {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined;
  if (code === 'EADDRINUSE')
    return `Port ${String(port)} is taken by another program. Stop it, or choose another port: PORT=${String(port + 1)}.`;
  if (code === 'EACCES')
    return `Port ${String(port)} may not be opened by this user. Choose one above 1023: PORT=4000.`;
  return `The server could not listen on ${host}:${String(port)}: ${error instanceof Error ? error.message : String(error)}`;
}
