import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';

import type { Gateway, GatewayLog } from './types.ts';

export interface FollowOptions {
  readonly file: string;
  readonly gateway: Pick<Gateway, 'swapSupergraph'>;
  readonly log: GatewayLog;
  /** How often the file is looked at, in ms. */
  readonly everyMs?: number;
}

export interface FollowedFile {
  /** After this nothing is swapped any more. */
  close(): Promise<void>;
}

/** A file that is written in place is read once it has been left alone this long. */
const SETTLED_MS = 200;

/**
 * Serves what the file holds whenever that changes: written in place, renamed over, or behind a link that points elsewhere now (as volumes of
 * configuration do). It is looked at rather than listened to, since not every volume tells of its changes. One that can't be read or loaded
 * is logged, and the supergraph before goes on serving.
 */
export function followSupergraphFile({ file, gateway, log, everyMs = 500 }: FollowOptions): FollowedFile {
  let reading: Promise<void> = Promise.resolve();
  let soon: NodeJS.Timeout | undefined;
  const read = async (): Promise<void> => {
    try {
      await gateway.swapSupergraph(await readFile(file, 'utf8'));
    } catch (error) {
      log.warn({ error, file }, 'the supergraph file could not be read; the one before goes on serving');
    }
  };
  const changed = (): void => {
    clearTimeout(soon);
    soon = setTimeout(() => {
      reading = reading.then(read);
    }, SETTLED_MS);
  };
  watchFile(file, { interval: everyMs, persistent: false }, changed);
  changed(); // What came between the gateway's first look and this one.
  return {
    close: async () => {
      unwatchFile(file, changed);
      clearTimeout(soon);
      await reading;
    },
  };
}
