import {
  pino,
  stdTimeFunctions,
  type Bindings,
  type ChildLoggerOptions,
  type DestinationStream,
  type Logger as PinoLogger,
} from 'pino';

import { scrub } from './scrub.ts';
import { scrubText } from './scrub-text.ts';

export const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface LogFn {
  (fields: object, message?: string): void;
  (message: string): void;
}

/** The part of pino that we use. Fields first, then the message: `log.info({ caseId }, 'case opened')`. Errors go under `err`. */
export interface Logger {
  readonly trace: LogFn;
  readonly debug: LogFn;
  readonly info: LogFn;
  readonly warn: LogFn;
  readonly error: LogFn;
  readonly fatal: LogFn;
  child(bindings: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Which part speaks: `web`, `worker`, `supervisor`. */
  readonly name: string;
  /** Standard output unless given; written synchronously, so that nothing is lost in a crash. */
  readonly destination?: DestinationStream;
}

/**
 * One JSON object per line: level, time (ISO, wall clock), name, fields, msg. Secrets do not get through: fields are copied without
 * them by name and by pattern (scrub.ts), messages and finished lines by pattern, so a forgotten place is caught by the other.
 */
export function createLogger({ level, name, destination }: LoggerOptions): PinoLogger {
  const options = {
    level,
    base: { name },
    timestamp: stdTimeFunctions.isoTime,
    serializers: { err: (err: unknown): unknown => err }, // formatters.log has already made it plain
    formatters: {
      level: (label: string): object => ({ level: label }),
      log: scrubFields,
    },
    hooks: {
      logMethod(this: PinoLogger, args: Parameters<PinoLogger['info']>, method: PinoLogger['info']): void {
        method.apply(this, args.map(scrubArgument) as Parameters<PinoLogger['info']>);
      },
      streamWrite: scrubText,
    },
  };
  return guardingChildren(destination ? pino(options, destination) : pino(options));
}

/** pino applies formatters.bindings to the root logger only; every child inherits this function instead. */
function guardingChildren(logger: PinoLogger): PinoLogger {
  type MakeChild = (this: PinoLogger, bindings: Bindings, options?: ChildLoggerOptions) => PinoLogger;
  const { child } = logger as unknown as { readonly child: MakeChild }; // generic in pino, over levels that we do not have
  const guarded: MakeChild = function (bindings, options) {
    return child.call(this, scrubFields(bindings), options);
  };
  Object.assign(logger, { child: guarded });
  return logger;
}

/** Says nothing: for tests and tools. */
export const silentLogger: Logger = pino({ level: 'silent' });

function scrubFields(fields: object): Record<string, unknown> {
  return scrub({ ...fields }) as Record<string, unknown>;
}

/** The first argument may be the fields, which pass through formatters.log; the rest is the message and what is put into it. */
function scrubArgument(argument: unknown, index: number): unknown {
  if (typeof argument === 'string') return scrubText(argument);
  return index === 0 ? argument : scrub(argument);
}
