import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import type { Tx } from '../db/context.ts';
import { ConflictError } from '../errors/errors.ts';
import { defineEvent } from '../events/define.ts';
import { createHarness, type Harness } from '../testing/harness.ts';

const made = defineEvent({ type: 'test.key.made', version: 1, subject: 'Key', payload: z.object({}) });

interface Answer {
  readonly secret: string;
  readonly amountMinor: bigint;
  readonly at: Date;
  readonly note?: string | null;
}

const answer: Answer = {
  secret: 'shown-once-4f1c',
  amountMinor: 9_007_199_254_740_993n,
  at: new Date('2026-11-20T12:00:00.123Z'),
  note: null,
};

let harness: Harness;
beforeAll(async () => {
  harness = await createHarness();
});
afterAll(async () => {
  await harness.close();
});

/** One call of the verb, as a request with this key carries it out. */
function call<T>(
  workspaceId: string,
  verb: (tx: Tx) => Promise<T>,
  { key = 'k-1', fingerprint = 'makeKey {}' } = {},
): Promise<T> {
  const ctx = harness
    .context(workspaceId)
    .forMutation({ name: 'makeKey', input: {}, idempotency: { key, fingerprint } });
  return ctx.transaction(verb);
}

/** Announces, so that its executions can be counted in the database, and answers. */
const makeKey = async (tx: Tx): Promise<Answer> => {
  await tx.publish(made({ subjectId: 'key', payload: {} }));
  return answer;
};

async function count(table: 'event' | 'audit_event', workspaceId: string): Promise<number> {
  const { rowCount } = await harness.admin.query(`SELECT FROM kernel.${table} WHERE workspace_id = $1`, [workspaceId]);
  return rowCount ?? 0;
}

describe('an Idempotency-Key', () => {
  it('that is used again gets the same answer, dates and big numbers included, and nothing is done', async () => {
    const workspaceId = await harness.newWorkspace();
    expect(await call(workspaceId, makeKey)).toEqual(answer);
    const replayed = await call(workspaceId, (): Promise<Answer> => Promise.reject(new Error('must not run')));
    expect(replayed).toStrictEqual(answer);
    expect(replayed.at.toISOString()).toBe('2026-11-20T12:00:00.123Z');
    expect(await count('event', workspaceId)).toBe(1);
    expect(await count('audit_event', workspaceId)).toBe(1);
  });

  it('replays an answer of nothing as nothing', async () => {
    const workspaceId = await harness.newWorkspace();
    let runs = 0;
    const verb = (): Promise<undefined> => {
      runs += 1;
      return Promise.resolve(undefined);
    };
    const answers: unknown[] = [];
    for (let repeat = 0; repeat < 2; repeat += 1) await call(workspaceId, verb).then((got) => answers.push(got));
    expect({ answers, runs }).toEqual({ answers: [undefined, undefined], runs: 1 });
  });

  it('that was used for another request is refused, and the other request is not carried out', async () => {
    const workspaceId = await harness.newWorkspace();
    await call(workspaceId, makeKey);
    await expect(call(workspaceId, makeKey, { fingerprint: 'makeKey {"other":1}' })).rejects.toMatchObject({
      code: 'IDEMPOTENCY_KEY_REUSED',
      param: 'Idempotency-Key',
    });
    expect(await count('event', workspaceId)).toBe(1);
  });

  it('is its workspace’s own, and other keys are other requests', async () => {
    const [a, b] = [await harness.newWorkspace(), await harness.newWorkspace()];
    await call(a, makeKey);
    await call(b, makeKey);
    await call(a, makeKey, { key: 'k-2' });
    expect([await count('event', a), await count('event', b)]).toEqual([2, 1]);
  });

  it('used by several calls at once carries out one, and all get its answer', async () => {
    const workspaceId = await harness.newWorkspace();
    const answers = await Promise.all(Array.from({ length: 4 }, () => call(workspaceId, makeKey)));
    expect(answers).toEqual([answer, answer, answer, answer]);
    expect(await count('event', workspaceId)).toBe(1);
  });

  it('of a call that failed is free, also for the one that waited for it', async () => {
    const workspaceId = await harness.newWorkspace();
    let [inside, letGo] = [(): void => undefined, (): void => undefined];
    const begun = new Promise<void>((resolve) => (inside = resolve));
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const first = call(workspaceId, async (tx) => {
      await makeKey(tx);
      inside();
      await held;
      throw new ConflictError('Not now.');
    });
    await begun;
    const second = call(workspaceId, makeKey);
    letGo();
    await expect(first).rejects.toThrow('Not now.');
    expect(await second).toEqual(answer);
    expect(await count('event', workspaceId)).toBe(1);
  });

  it('is free again a day later and not a moment before', async () => {
    const workspaceId = await harness.newWorkspace();
    await call(workspaceId, makeKey);
    harness.wall.advance({ hours: 24, ms: -1 });
    await call(workspaceId, makeKey);
    expect(await count('event', workspaceId)).toBe(1);
    harness.wall.advance({ ms: 1 });
    const later = { ...answer, secret: 'another' };
    const again = { fingerprint: 'makeKey of another day' };
    expect(await call(workspaceId, async (tx) => ({ ...(await makeKey(tx)), secret: 'another' }), again)).toEqual(
      later,
    );
    expect(await call(workspaceId, makeKey, again)).toEqual(later);
    expect(await count('event', workspaceId)).toBe(2);
  });

  it('keeps each transaction of a call, so that a repeat resumes where the call broke off', async () => {
    const workspaceId = await harness.newWorkspace();
    const ran: string[] = [];
    const step =
      (name: string, fails = false) =>
      (): Promise<string> => {
        ran.push(name);
        return fails ? Promise.reject(new Error('broke off')) : Promise.resolve(name);
      };
    const attempt = async (secondFails: boolean): Promise<string[]> => {
      const ctx = harness
        .context(workspaceId)
        .forMutation({ name: 'makeKey', input: {}, idempotency: { key: 'k-1', fingerprint: 'f' } });
      return [await ctx.transaction(step('one')), await ctx.transaction(step('two', secondFails))];
    };
    await expect(attempt(true)).rejects.toThrow('broke off');
    expect(await attempt(false)).toEqual(['one', 'two']);
    expect(ran).toEqual(['one', 'two', 'two']);
  });

  it('keeps its answer sealed, and an answer that is moved to another key does not open', async () => {
    const workspaceId = await harness.newWorkspace();
    await call(workspaceId, makeKey);
    await call(workspaceId, makeKey, { key: 'k-2' });
    const { rows } = await harness.admin.query<{ answer: string }>(
      'SELECT answer FROM kernel.idempotency_key WHERE workspace_id = $1',
      [workspaceId],
    );
    for (const text of rows.map((row) => row.answer)) {
      const bytes = Buffer.from(text.split('.').at(-1) ?? '', 'base64url').toString('latin1');
      for (const secret of [answer.secret, Buffer.from(answer.secret).toString('base64').slice(0, 12)])
        expect([text.includes(secret), bytes.includes(secret)]).toEqual([false, false]);
    }
    await harness.admin.query(
      `UPDATE kernel.idempotency_key SET answer = (SELECT answer FROM kernel.idempotency_key WHERE workspace_id = $1 AND key = 'k-1#1')
       WHERE workspace_id = $1 AND key = 'k-2#1'`,
      [workspaceId],
    );
    await expect(call(workspaceId, makeKey, { key: 'k-2' })).rejects.toThrow(/belongs elsewhere/);
  });
});
