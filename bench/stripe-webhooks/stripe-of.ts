import path from 'node:path';
import { ROOT } from '../support/root.ts';
import type { Scratch } from '../support/scratch.ts';
import { freePort, startServer } from '../support/server.ts';

/**
 * Stripe as the traffic makes it, to be asked back. It knows what was sent so far: `progress` is a file that says how many deliveries.
 * @returns the URL.
 */
export async function stripeOf(
  options: { readonly tools: string; readonly traffic: string; readonly progress: string; readonly logFile: string },
  cleanup: Scratch,
): Promise<string> {
  const port = await freePort();
  const url = `http://127.0.0.1:${String(port)}`;
  const { tools, traffic, progress } = options;
  await startServer(
    {
      name: 'serve.mjs',
      args: [path.join(tools, 'serve.mjs'), '--data', traffic, '--port', String(port), '--follow', progress],
      cwd: ROOT,
      logFile: options.logFile,
      url: `${url}/__serve/stats`,
    },
    cleanup,
  );
  return url;
}
