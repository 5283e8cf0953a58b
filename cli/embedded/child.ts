// What a child process of the supervisor calls.

const DRAIN_LIMIT_MS = 8_000;

export type Ready = Readonly<Record<string, string | number>>;

/** Tells the supervisor that this child does its work now; `info` (ports, URLs) reaches whoever spawned it. */
export function announceReady(info: Ready): void {
  process.send?.({ type: 'ready', info });
}

/** The variable that tells a child to wait: what else it is to know is not known yet. */
export const TOLD_LATER = 'OPPULENCE_TOLD_LATER';

/** Resolves once this child has its whole environment: it is started, and loads its modules, while what that names is being started too. */
export async function environmentKnown(): Promise<void> {
  if (process.env[TOLD_LATER] === undefined) return;
  const gone = (): never => process.exit(1);
  process.once('disconnect', gone);
  await new Promise<void>((resolve) => {
    process.once('message', (env: Readonly<Record<string, string>>) => {
      Object.assign(process.env, env);
      resolve();
    });
  });
  process.off('disconnect', gone);
}

/**
 * Ends this process when the supervisor's pipe closes: it asked for that, or it was killed. `drain` finishes what is in
 * flight and is given eight seconds. Ctrl-C reaches every process of a terminal; it is the supervisor's to act on.
 */
export function endWithParent(drain: () => Promise<void> = () => Promise.resolve()): void {
  let ending = false;
  const end = (): void => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), DRAIN_LIMIT_MS).unref();
    drain().then(
      () => process.exit(0),
      (error: unknown) => {
        console.error('Ended while draining:', error);
        process.exit(1);
      },
    );
  };
  process.stdin.on('end', end).on('close', end).on('error', end).resume();
  process.on('SIGTERM', end);
  process.on('SIGINT', () => undefined);
}
