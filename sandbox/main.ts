/** The sandbox as a process of its own. It lives as long as whoever started it. */
import { fstatSync } from 'node:fs';
import { z } from 'zod';
import { startSandbox } from './start.ts';

const environment = z.object({
  SANDBOX_DATABASE_URL: z.string().min(1, 'set it to the URL of a PostgreSQL database for the sandbox'),
  SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(0),
  SANDBOX_HOST: z.string().default('127.0.0.1'),
  SANDBOX_PUBLIC_URL: z.string().optional(),
});

const parsed = environment.safeParse(process.env);
if (!parsed.success) {
  console.error(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('\n'));
  process.exit(2);
}
const {
  SANDBOX_DATABASE_URL: databaseUrl,
  SANDBOX_PORT: port,
  SANDBOX_HOST: host,
  SANDBOX_PUBLIC_URL: publicUrl,
} = parsed.data;
const sandbox = await startSandbox({ databaseUrl, host, port, ...(publicUrl ? { publicUrl } : {}) });

let ending = false;
function end(): void {
  if (ending) return;
  ending = true;
  // everything is durable: a close that hangs loses nothing when cut short
  setTimeout(() => process.exit(0), 3000).unref();
  void sandbox.close().finally(() => process.exit(0));
}
process.on('SIGTERM', end);

const ready = { type: 'ready', url: sandbox.url, info: { url: sandbox.url, port: Number(new URL(sandbox.url).port) } };
const supervised = process.send !== undefined;
// Ctrl-C reaches every process of a terminal; under a supervisor it is the supervisor's to act on
process.on('SIGINT', supervised ? (): void => undefined : end);
if (process.send) {
  process.on('disconnect', end);
  process.send(ready);
} else {
  process.stdout.write(`${JSON.stringify(ready)}\n`);
}
// whoever holds the other end of the pipe is gone; a supervised process without a pipe has the channel
if (!supervised || isPipe(0)) process.stdin.on('end', end).on('close', end).on('error', end).resume();

function isPipe(descriptor: number): boolean {
  const kind = fstatSync(descriptor);
  return kind.isFIFO() || kind.isSocket();
}
