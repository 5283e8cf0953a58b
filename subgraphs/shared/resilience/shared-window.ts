import type { Redis } from 'ioredis';
import { connectRedis, promptly } from '../bus/redis.ts';
import type { CallLane } from './provider-call.ts';

/** One account's last second, as all processes see it that call for this account. */
export interface SharedWindow {
  /** Takes a place in it for one call. Null when nobody can be asked: then each process keeps to the rate by itself. */
  take(lane: CallLane, rate: number): Promise<SharedAnswer | null>;
  /** Tells all of them that the provider wants quiet for so long. */
  slowDown(ms: number): void;
}

export interface SharedAnswer {
  readonly taken: boolean;
  /** How long to wait before it is worth to ask again; 0 when it was taken. */
  readonly waitMs: number;
  /** For how long the provider wants quiet still; below 0, since when it does no more. Null when it said nothing lately. */
  readonly quietForMs: number | null;
}

export interface SharedWindows {
  /** @param name of the account, the same in each process. */
  of(name: string, perSecond: number): SharedWindow;
  close(): void;
}

/** How long a complaint is remembered beyond its end: as long as a gate takes back to the whole rate. */
const REMEMBERED_MS = 10_000;
/** After it did not answer, Redis is not asked for so long. */
const AWAY_MS = 1_000;

/** Redis' own time: processes on several machines agree on it. */
const NOW = `
  local time = redis.call('TIME')
  local now = time[1] * 1000 + math.floor(time[2] / 1000)`;

/**
 * The same bound as the gate's own, over every process: the call that is `rate` places back must be a whole second ago. A live call that has to wait
 * leaves a note, and whoever reads for a backfill lets it go first.
 */
const TAKE = `${NOW}
  local window, quiet, liveWaits = KEYS[1], KEYS[2], KEYS[3]
  local lane, rate, most = ARGV[1], ARGV[2], ARGV[3]
  local quietUntil = redis.call('GET', quiet)
  local quietFor = quietUntil and quietUntil - now
  if quietFor and quietFor > 0 then return {0, quietFor, quietFor} end
  local nth = redis.call('LINDEX', window, -rate)
  local wait = nth and nth + 1000 - now or 0
  if wait > 0 then
    if lane == 'live' then redis.call('SET', liveWaits, 1, 'PX', wait + 500) end
    return {0, wait, quietFor}
  end
  if lane == 'backfill' and redis.call('EXISTS', liveWaits) == 1 then return {0, 10, quietFor} end
  redis.call('RPUSH', window, now)
  redis.call('LTRIM', window, -most, -1)
  redis.call('PEXPIRE', window, 1000)
  if lane == 'live' then redis.call('DEL', liveWaits) end
  return {1, 0, quietFor}`;

const SLOW_DOWN = `${NOW}
  local quietUntil = now + ARGV[1]
  if quietUntil > tonumber(redis.call('GET', KEYS[1]) or 0) then redis.call('SET', KEYS[1], quietUntil, 'PX', ARGV[1] + ARGV[2]) end`;

/** Shares what an account may between the processes on one Redis. While it is away each is on its own, as in the embedded shape. */
export function createSharedWindows(
  { redisUrl, namespace }: { readonly redisUrl: string; readonly namespace: string },
  onError: (error: Error) => void,
): SharedWindows {
  const redis: Redis = connectRedis(redisUrl, onError);
  let awayUntil = 0;
  const ask = async (script: string, keys: string[], ...given: (string | number)[]): Promise<unknown> => {
    if (performance.now() < awayUntil) return null;
    try {
      return await promptly(redis, () => redis.eval(script, keys.length, ...keys, ...given));
    } catch {
      awayUntil = performance.now() + AWAY_MS;
      return null;
    }
  };
  return {
    of: (name, perSecond) => {
      // In braces is what a cluster keeps together.
      const key = (of: string): string => `${namespace}:provider-rate:{${name}}:${of}`;
      return {
        take: async (lane, rate) => {
          const answer = await ask(TAKE, [key('window'), key('quiet'), key('live-waits')], lane, rate, perSecond);
          if (answer === null) return null;
          const [taken, waitMs, quietForMs = null] = answer as [number, number, (number | null)?];
          return { taken: taken === 1, waitMs, quietForMs };
        },
        slowDown: (ms) => {
          void ask(SLOW_DOWN, [key('quiet')], Math.ceil(ms), REMEMBERED_MS);
        },
      };
    },
    close: () => {
      redis.disconnect();
    },
  };
}
