import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { createLogger } from './logger.ts';
import { scrub } from './scrub.ts';
import { scrubText } from './scrub-text.ts';

type Line = Record<string, unknown>;
type Log = ReturnType<typeof createLogger>;

function recorder(): { log: Log; lines: () => Line[]; raw: () => string } {
  const written: string[] = [];
  const log = createLogger({ level: 'trace', name: 'test', destination: { write: (line) => void written.push(line) } });
  return { log, raw: () => written.join(''), lines: () => written.map((line) => JSON.parse(line) as Line) };
}

// Built from halves, so that no scanner of repositories takes this file for a leak.
const TAIL = 'AbCdEf0123456789AbCdEf0123456789';
const SECRETS = {
  apiKey: `op_live_${TAIL}`,
  testKey: `op_test_${TAIL}`,
  stripeKey: `sk_live_${TAIL}`,
  restricted: `rk_test_${TAIL}`,
  webhookSecret: `whsec_${TAIL}`,
  setupSecret: `seti_1ABC_secret_${TAIL}`,
  payPath: `https://app.example.com/pay/${TAIL}?x=1`,
  header: `Bearer ${TAIL}`,
  database: `postgresql://oppulence_app:${TAIL}@db:5432/app`,
};
const CARDS = [
  '4242424242424242',
  '4000 0000 0000 0341',
  '5555-5555-5555-4444',
  '378282246310005',
  '2223003122003222',
  '6011111111111117',
];

describe('a secret', () => {
  describe.each(Object.entries(SECRETS))('%s', (_name, secret) => {
    it.each<[string, (log: Log) => unknown]>([
      ['in the message', (log): unknown => log.info(`got ${secret} today`)],
      ['in the message beside fields', (log): unknown => log.warn({ a: 1 }, `got ${secret}`)],
      ['put into the message', (log): unknown => log.info('got %s', secret)],
      [
        'put into the message as an object',
        (log): unknown => log.info('got %j and %o', { deep: { secret } }, [secret]),
      ],
      ['in a field', (log): unknown => log.info({ note: secret }, 'x')],
      ['deep in a field', (log): unknown => log.info({ a: [{ b: new Map([['c', { d: [secret] }]]) }] }, 'x')],
      ['as a key', (log): unknown => log.info({ [secret]: true }, 'x')],
      ['in an error', (log): unknown => log.error(new Error(`refused: ${secret}`))],
      [
        'in an error and its cause',
        (log): unknown => log.error({ err: new Error('x', { cause: new Error(secret) }) }, 'x'),
      ],
      [
        'in an own field of an error',
        (log): unknown => log.error({ err: Object.assign(new Error('x'), { config: { url: secret } }) }),
      ],
      ['in a child', (log): unknown => log.child({ request: { url: secret } }).info('x')],
      ['in what toJSON gives', (log): unknown => log.info({ x: { toJSON: () => ({ secret }) } })],
      [
        'in a URL object',
        (log): unknown => log.info({ x: new URL('http://h/?q=' + encodeURIComponent(secret)), y: [new Set([secret])] }),
      ],
    ])('does not leak %s', (_place, write) => {
      const { log, raw, lines } = recorder();
      write(log);
      expect(raw()).not.toContain(TAIL);
      expect(lines()).toHaveLength(1);
    });
  });

  it.each([
    'authorization',
    'Authorization',
    'stripe-signature',
    'X-Api-Key',
    'api_key',
    'stripeApiKey',
    'accessToken',
    'token',
    'password',
    'masterKey',
    'operatorToken',
    'signingSecret',
    'cookie',
    'set-cookie',
    'body',
    'rawBody',
    'html',
    'card_number',
    'cvc',
    'iban',
  ])('under the name %s is replaced whatever it looks like, at any depth', (name) => {
    const { log, raw } = recorder();
    log.info({ [name]: 'plain-looking', deep: [{ headers: { [name]: ['plain-looking'] } }] }, 'x');
    log.child({ [name]: 'plain-looking' }).info('x');
    log.info('got %o', { [name]: 'plain-looking' });
    expect(raw()).not.toContain('plain-looking');
    expect(raw()).toContain('[redacted]');
  });

  it('in bytes is only counted', () => {
    expect(scrub({ payload: Buffer.from('op_live_x'), view: new Uint8Array(3) })).toEqual({
      payload: '[9 bytes]',
      view: '[3 bytes]',
    });
  });
});

describe('a card number', () => {
  it.each(CARDS)('%s does not get through, as text, in a message or as a number', (card) => {
    const { log, raw, lines } = recorder();
    log.info(
      { a: card, b: `paid with ${card}.`, c: Number(card.replace(/\D/g, '')), d: BigInt(card.replace(/\D/g, '')) },
      `card ${card}`,
    );
    expect(raw().replaceAll(/[ -]/g, '')).not.toContain(card.replace(/\D/g, ''));
    expect(lines()[0]).toMatchObject({ a: '[card]', b: 'paid with [card].', msg: 'card [card]' });
  });

  it.each([
    '1763646000000',
    'inv_4242424242424242abcd',
    '4242424242424241',
    '2026-11-20T10:00:00.000Z',
    '12345',
    '424242424242.4242',
  ])('is not %s', (text) => {
    expect(scrubText(text)).toBe(text);
  });
});

describe('a line', () => {
  it.each([
    'a'.repeat(200_000),
    'http://'.repeat(30_000),
    'pi_'.repeat(60_000),
    '4 '.repeat(100_000),
    ':'.repeat(200_000),
    't=1,v1='.repeat(30_000),
  ])('takes no long time for a long text (%#)', (text) => {
    const before = performance.now();
    scrubText(text);
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  it('is one JSON object with level, time, name, fields and message', () => {
    const { log, lines } = recorder();
    log
      .child({ requestId: 'req_1' })
      .info({ caseId: 'case_1', amountMinor: 5n, at: new Date(0), none: null, n: 1.5 }, 'opened');
    expect(lines()).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
        name: 'test',
        requestId: 'req_1',
        caseId: 'case_1',
        amountMinor: '5',
        at: '1970-01-01T00:00:00.000Z',
        none: null,
        n: 1.5,
        msg: 'opened',
      },
    ]);
  });

  it('keeps what is needed to find a bug: type, message, stack, code and cause', () => {
    const { log, lines } = recorder();
    log.error({ err: Object.assign(new TypeError('broken', { cause: new Error('why') }), { code: 'E_X' }) }, 'failed');
    expect(lines()[0]).toMatchObject({
      err: {
        type: 'TypeError',
        message: 'broken',
        code: 'E_X',
        stack: expect.stringContaining('logger.test'),
        cause: { message: 'why' },
      },
      msg: 'failed',
    });
  });

  it('survives circles, depth, breadth and anything else one may throw at it', () => {
    const circle: Record<string, unknown> = { many: Array.from({ length: 500 }, (_, i) => i) };
    circle['self'] = circle;
    expect(scrub(circle)).toMatchObject({ self: '[circular]', many: expect.arrayContaining(['[400 more]']) });
    fc.assert(
      fc.property(
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true }),
        fc.string(),
        (value, text) => {
          const { log, lines } = recorder();
          log.info({ value, text }, text);
          expect(lines()).toHaveLength(1); // parses
        },
      ),
      { examples: [[new Map([[{ toString: 0 }, 'a key that is no text']]), '']] },
    );
  });

  it('is not written below the level', () => {
    const written: string[] = [];
    const log = createLogger({
      level: 'warn',
      name: 'test',
      destination: { write: (line) => void written.push(line) },
    });
    log.info('quiet');
    log.warn('loud');
    expect(written).toHaveLength(1);
  });
});
