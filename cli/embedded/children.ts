import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, getPriority, setPriority } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { TOLD_LATER, type Ready } from './child.ts';

const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 5_000;
/** A child that ran this long had started well: its next end is a new event, not the continuation of a crash loop. */
const SETTLED_MS = 10_000;
const STOP_LIMIT_MS = 10_000;
/** What a child needs may itself be starting again just then: the first time, one that ends before it is ready is given so many starts. */
const FIRST_STARTS = 3;
const BETWEEN_FIRST_STARTS_MS = 1_000;

/** It ended by itself before it was ready. */
class EndedEarlyError extends Error {}

export interface ChildSpec {
  readonly name: string;
  /** A `.ts` source or a built `.js` file that calls `endWithParent` and `announceReady`. */
  readonly module: string;
  /** Environment on top of ours. It is asked again at each restart, with what the child announced last, to keep its port. */
  env(last: Ready | null): Readonly<Record<string, string>>;
  /** What it is told once it is known: it loads its modules meanwhile, and calls `environmentKnown` before it reads its environment. */
  readonly later?: Promise<Readonly<Record<string, string>>>;
  readonly logFile: string;
  /** Others come first where the processors are too few: nobody waits for an answer of this one. */
  readonly givesWay?: boolean;
  readonly readyTimeoutMs?: number;
  /** Each unexpected end and each restart, in words. */
  onNotice?(notice: string): void;
}

export interface Child {
  readonly name: string;
  /** What the running process announced. */
  readonly ready: Ready;
  readonly pid: number;
  readonly restarts: number;
  /** Closes the pipe, so that the child drains and ends; it is killed if it does not within ten seconds. */
  stop(): Promise<void>;
}

/** Starts a child and keeps it running: when it ends unasked, kill -9 included, it is started again after a pause that grows. */
export async function spawnChild(spec: ChildSpec): Promise<Child> {
  const supervised = new SupervisedChild(spec);
  await supervised.startFirst();
  return supervised;
}

class SupervisedChild implements Child {
  readonly name: string;
  restarts = 0;
  readonly #spec: ChildSpec;
  #process: ChildProcess | null = null;
  #ready: Ready | null = null;
  #stopped = false;
  #backoffMs = FIRST_BACKOFF_MS;
  #retry: NodeJS.Timeout | null = null;

  constructor(spec: ChildSpec) {
    this.#spec = spec;
    this.name = spec.name;
  }

  get ready(): Ready {
    return this.#ready ?? {};
  }

  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async startFirst(): Promise<void> {
    for (let left = FIRST_STARTS - 1; ; left -= 1) {
      try {
        await this.start();
        return;
      } catch (error) {
        if (left === 0 || !(error instanceof EndedEarlyError)) throw error;
        this.#spec.onNotice?.(`${error.message} Trying again`);
        await pause(BETWEEN_FIRST_STARTS_MS);
      }
    }
  }

  async start(): Promise<void> {
    const startedAt = Date.now();
    const child = launch(this.#spec, this.#ready);
    this.#process = child;
    try {
      this.#ready = await readiness(child, this.#spec);
    } catch (error) {
      child.kill('SIGKILL');
      throw error;
    }
    const ended = (): void => {
      this.#endedUnasked(child, startedAt);
    };
    if (hasEnded(child)) ended();
    else child.once('exit', ended);
  }

  #endedUnasked(child: ChildProcess, startedAt: number): void {
    if (this.#stopped) return;
    if (Date.now() - startedAt > SETTLED_MS) this.#backoffMs = FIRST_BACKOFF_MS;
    this.#spec.onNotice?.(`${this.name} ended unasked (${howItEnded(child)}); starting it again`);
    this.#restartLater();
  }

  #restartLater(): void {
    const waitMs = this.#backoffMs;
    this.#backoffMs = Math.min(waitMs * 2, LONGEST_BACKOFF_MS);
    this.#retry = setTimeout(() => {
      this.restarts += 1;
      this.start().then(
        () => this.#spec.onNotice?.(`${this.name} runs again`),
        (error: unknown) => {
          if (this.#stopped) return;
          this.#spec.onNotice?.(error instanceof Error ? error.message : String(error));
          this.#restartLater();
        },
      );
    }, waitMs);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#retry !== null) clearTimeout(this.#retry);
    const child = this.#process;
    if (child === null || hasEnded(child)) return;
    const exited = new Promise((resolve) => child.once('exit', resolve));
    child.stdin?.end();
    const kill = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
    await exited;
    clearTimeout(kill);
  }
}

/**
 * Memory that was freed goes back to the machine. By itself glibc stops to give it back once a large piece was freed, in each thread's arena:
 * what compiling took at the start, some 70 MB of a process, then stays with it. Naming what it keeps ends that. It keeps a few megabytes all the same:
 * to fetch them anew for each batch was a third of what the web process took under load.
 */
const FREED_GOES_BACK = { MALLOC_TRIM_THRESHOLD_: String(4 << 20), MALLOC_MMAP_THRESHOLD_: String(1 << 20) };

function launch(spec: ChildSpec, last: Ready | null): ChildProcess {
  mkdirSync(path.dirname(spec.logFile), { recursive: true });
  // A file rather than a pipe: a child that outlives us for a moment must not fail on its last words.
  const log = openSync(spec.logFile, 'a', 0o600);
  const child = spawn(process.execPath, ['--expose-gc', ...nodeFlags(spec.module), spec.module], {
    env: {
      ...FREED_GOES_BACK,
      ...process.env,
      ...spec.env(last),
      ...(spec.later === undefined ? {} : { [TOLD_LATER]: 'true' }),
    },
    stdio: ['pipe', log, log, 'ipc'],
  });
  closeSync(log);
  child.stdin?.on('error', () => undefined);
  if (spec.givesWay === true) giveWay(child);
  return child;
}

/** Of a machine that is busy it gets a third of what each of the others gets. */
export const GIVING_WAY = 5;

function giveWay({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, Math.min(getPriority(pid) + GIVING_WAY, constants.priority.PRIORITY_LOW));
  } catch {
    // It has ended already.
  }
}

/** From the sources a child needs the loader that the supervisor runs under; the build needs none. */
function nodeFlags(module: string): string[] {
  if (!module.endsWith('.ts')) return [];
  const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return ['--import', tsx];
}

async function readiness(child: ChildProcess, spec: ChildSpec): Promise<Ready> {
  const announced = announcement(child, spec);
  if (spec.later !== undefined) child.send(await Promise.race([spec.later, announced]));
  const limitMs = spec.readyTimeoutMs ?? 30_000;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const reason = `it was not ready after ${String(limitMs / 1000)} s`;
    timer = setTimeout(() => reject(new Error(inWords(spec, reason))), limitMs);
  });
  return Promise.race([announced, late]).finally(() => clearTimeout(timer));
}

function announcement(child: ChildProcess, spec: ChildSpec): Promise<Ready> {
  return new Promise((resolve, reject) => {
    child.on('message', (message: { type?: unknown; info?: Ready }) => {
      if (message.type === 'ready') resolve(message.info ?? {});
    });
    child.once('error', (error) => reject(new Error(inWords(spec, error.message))));
    child.once('exit', () => reject(new EndedEarlyError(inWords(spec, howItEnded(child)))));
  });
}

const inWords = ({ name, logFile }: ChildSpec, reason: string): string =>
  `${name} did not start: ${reason}. See ${logFile}.`;

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function howItEnded(child: ChildProcess): string {
  return child.signalCode ?? `exit code ${String(child.exitCode)}`;
}
