import { spawnSync } from 'node:child_process';

import { describe, expect, it } from '@jest/globals';

const MODULE = new URL('./crashpoint.ts', import.meta.url).href;

/** Passes effects.after-send three times in a process of its own and prints each passing it survives. */
function passThreeTimes(armed: string): { stdout: string; signal: string | null } {
  const script = `
    import { armCrashpoint, crashpoint } from ${JSON.stringify(MODULE)};
    import { writeSync } from 'node:fs';
    armCrashpoint(${armed});
    for (const n of [1, 2, 3]) { crashpoint('effects.after-send'); crashpoint('timers.after-fire'); writeSync(1, 'survived ' + n + ';'); }`;
  const { stdout, signal } = spawnSync(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return { stdout, signal };
}

describe('a crash point', () => {
  it('does nothing while it is not armed', () => {
    expect(passThreeTimes('null')).toEqual({ stdout: 'survived 1;survived 2;survived 3;', signal: null });
  });

  it('kills the process with SIGKILL at the passing it was armed for, and not before', () => {
    expect(passThreeTimes("{ name: 'effects.after-send', nth: 2 }")).toEqual({
      stdout: 'survived 1;',
      signal: 'SIGKILL',
    });
  });

  it('leaves the other points alone', () => {
    expect(passThreeTimes("{ name: 'inbox.after-claim', nth: 1 }").signal).toBeNull();
  });
});
