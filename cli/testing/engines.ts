import { spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { freePort } from '../embedded/processes.ts';

/** An engine that is installed on the machine (Debian's packages), for one test file. */
export interface Engine {
  /** With a database or without, as it was asked for. */
  readonly url: string;
  /** Ends it without a word to anybody. What it kept in memory is gone. */
  stop(): Promise<void>;
  /** On the same port. */
  start(): Promise<void>;
}

/** Redis that keeps nothing: started again it is empty. */
export async function startRedis(): Promise<Engine> {
  const port = await freePort();
  const arguments_ = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
  return engine(`redis://127.0.0.1:${String(port)}`, port, 'redis-server', arguments_);
}

/**
 * PgBouncer in transaction mode before a PostgreSQL that trusts everybody.
 * @param postgresUrl its host and port count; database and role are whatever a client asks for.
 */
export async function startPgBouncer(postgresUrl: string): Promise<Engine> {
  const [port, target] = [await freePort(), new URL(postgresUrl)];
  const folder = mkdtempSync(path.join(tmpdir(), 'oppulence-pgbouncer-'));
  const file = (name: string, lines: readonly string[]): string => {
    const where = path.join(folder, name);
    writeFileSync(where, `${lines.join('\n')}\n`);
    return where;
  };
  const users = file('users.txt', ['"oppulence_app" ""', '"oppulence_system" ""']);
  const settings = file('pgbouncer.ini', [
    '[databases]',
    `* = host=${target.hostname} port=${target.port}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${String(port)}`,
    'unix_socket_dir =',
    'auth_type = trust',
    `auth_file = ${users}`,
    'pool_mode = transaction',
    'default_pool_size = 30',
    'max_client_conn = 500',
    // It does not run as root.
    ...(process.getuid?.() === 0 ? ['user = postgres'] : []),
  ]);
  chmodSync(folder, 0o755);
  target.port = String(port);
  const started = await engine(target.href, port, 'pgbouncer', ['--quiet', settings]);
  return {
    ...started,
    stop: async () => {
      await started.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

// Held by a pipe: when it closes, however the run ended, the engine is killed.
const LEASH = '"$@" >/dev/null 2>&1 & child=$!; cat >/dev/null; kill -9 $child; wait $child';

async function engine(url: string, port: number, program: string, arguments_: readonly string[]): Promise<Engine> {
  let stop: () => Promise<void> = () => Promise.resolve();
  const start = async (): Promise<void> => {
    const leash = spawn('sh', ['-c', LEASH, 'sh', program, ...arguments_], { stdio: ['pipe', 'ignore', 'ignore'] });
    const exited = new Promise((resolve) => leash.once('exit', resolve));
    stop = async () => {
      leash.stdin.end();
      await exited;
    };
    for (let tries = 0; !(await accepts(port)); tries += 1) {
      if (tries > 200) throw new Error(`${program} does not listen on port ${String(port)}. Is it installed?`);
      await pause(25);
    }
  };
  await start();
  return { url, start, stop: () => stop() };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
}
