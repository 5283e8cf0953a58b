import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** How a process ended. */
export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One `oppulence run …` as an orchestrator keeps it: what ends unasked is started again. */
export interface ServiceProcess {
  readonly name: string;
  readonly url: string;
  /** How often it was started again. */
  readonly restarts: number;
  /** Sends a signal and waits for the end; then it is started again, and this resolves when it serves. */
  restart(signal: 'SIGTERM' | 'SIGKILL', env?: Readonly<Record<string, string>>): Promise<Ended>;
  /** Ends it for good. */
  stop(): Promise<Ended>;
}

export interface ServiceSpec {
  /** What stands behind `oppulence run`. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Only in the first life: a crash point, for example. */
  readonly firstLife?: Readonly<Record<string, string>>;
  readonly logFile: string;
}

const sources = fileURLToPath(new URL('../bin.mjs', import.meta.url));
const build = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** The build where CI made one for this, which is what an image runs; else the sources. */
const program = (): string => {
  if (process.env['OPPULENCE_TEST_BUILD'] === undefined) return sources;
  if (!existsSync(build)) throw new Error('OPPULENCE_TEST_BUILD is set and there is no dist/: run `npm run build`.');
  return build;
};

export async function startServiceProcess(spec: ServiceSpec): Promise<ServiceProcess> {
  const process_ = new Supervised(spec);
  await process_.start({ ...spec.env, ...spec.firstLife });
  return process_;
}

class Supervised implements ServiceProcess {
  readonly name: string;
  url = '';
  restarts = 0;
  readonly #spec: ServiceSpec;
  #child: ChildProcess | null = null;
  /** Whether the end of the process is what we asked for. */
  #asked = false;
  #exited: Promise<Ended> = Promise.resolve({ code: null, signal: null });
  #starting: Promise<void> = Promise.resolve();

  constructor(spec: ServiceSpec) {
    this.#spec = spec;
    this.name = spec.command.join(' ');
  }

  async start(env: Readonly<Record<string, string>>): Promise<void> {
    this.#starting = this.#start(env);
    await this.#starting;
  }

  async #start(env: Readonly<Record<string, string>>): Promise<void> {
    this.#asked = false;
    const log = openSync(this.#spec.logFile, 'a', 0o600);
    const child = spawn(process.execPath, [program(), 'run', ...this.#spec.command], {
      env: { PATH: process.env['PATH'], TMPDIR: process.env['TMPDIR'], ...env },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    this.#child = child;
    this.#exited = new Promise((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    void this.#exited.then(() => {
      if (this.#asked) return;
      this.restarts += 1;
      this.start(this.#spec.env).catch(() => undefined); // told by its log
    });
    this.url = await new Promise<string>((resolve, reject) => {
      child.on('message', (message: { type?: string; info?: { url?: string } }) => {
        if (message.type === 'ready') resolve(message.info?.url ?? '');
      });
      child.once('exit', (code, signal) => {
        reject(
          new Error(`${this.name} ended with ${signal ?? String(code)} before it served. See ${this.#spec.logFile}`),
        );
      });
    });
  }

  async restart(signal: 'SIGTERM' | 'SIGKILL', env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    const ended = await this.#end(signal);
    await this.start({ ...this.#spec.env, ...env });
    return ended;
  }

  stop(): Promise<Ended> {
    return this.#end('SIGTERM');
  }

  async #end(signal: NodeJS.Signals): Promise<Ended> {
    await this.#starting.catch(() => undefined);
    this.#asked = true;
    this.#child?.kill(signal);
    const kill = setTimeout(() => this.#child?.kill('SIGKILL'), 15_000);
    const ended = await this.#exited;
    clearTimeout(kill);
    return ended;
  }
}
