import { createHash } from 'node:crypto';

import { describe, expect, it } from '@jest/globals';

import { AuthorizationError, RateLimitError, ValidationError } from '../errors/errors.ts';
import { html, json, problem, seeOther } from './responses.ts';

const parse = (body: string | Buffer): unknown => JSON.parse(body.toString()) as unknown;
const options = { requestId: 'req_1' };

describe('a JSON answer', () => {
  it('writes whole numbers of any size as text, and is not cached', () => {
    const { status, headers, body } = json(200, { amountMinor: 9007199254740993n });
    expect(parse(body)).toEqual({ amountMinor: '9007199254740993' });
    expect(status).toBe(200);
    expect(headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
  });
});

describe('a page', () => {
  it('by itself runs and loads nothing, sits in no frame and passes no address on', () => {
    const { headers } = html(200, '<p>x</p>');
    expect(headers).toMatchObject({
      'referrer-policy': 'no-referrer',
      'x-frame-options': 'DENY',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const policy = headers?.['content-security-policy'] ?? '';
    expect(policy.split('; ')).toEqual([
      "default-src 'none'",
      "img-src 'self' data:",
      "style-src 'none'",
      "script-src 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "base-uri 'none'",
    ]);
  });

  it('applies the styles it names, and lets a form end at the origins it names', () => {
    const css = 'body { margin: 0 }';
    const policy = html(200, '', { styles: [css], formTargets: ['https://checkout.stripe.com'] }).headers?.[
      'content-security-policy'
    ];
    expect(policy).toContain(`style-src 'sha256-${createHash('sha256').update(css).digest('base64')}'`);
    expect(policy).toContain("form-action 'self' https://checkout.stripe.com;");
    expect(policy).not.toContain('unsafe');
  });
});

describe('an error over REST', () => {
  it('has the fields that have a value, in snake case', () => {
    const { status, body } = problem(new ValidationError('Use a date.', 'since'), options);
    expect(status).toBe(400);
    expect(parse(body)).toEqual({
      error: {
        type: 'validation_error',
        code: 'invalid_parameter',
        message: 'Use a date.',
        param: 'since',
        doc_url: 'https://docs.oppulence.io/errors/invalid_parameter',
        request_id: 'req_1',
      },
    });
  });

  it('says when to come back, in the body and in the header', () => {
    const { status, headers, body } = problem(new RateLimitError(60), options);
    expect(status).toBe(429);
    expect(headers?.['retry-after']).toBe('60');
    expect(parse(body)).toMatchObject({
      error: { type: 'rate_limit_error', code: 'rate_limit_exceeded', retry_after: 60 },
    });
  });

  it('names the scope that is missing', () => {
    const { status, body } = problem(new AuthorizationError('transactions:read'), options);
    expect(status).toBe(403);
    expect(parse(body)).toMatchObject({
      error: { code: 'insufficient_permissions', required_scope: 'transactions:read' },
    });
  });

  it('masks a bug', () => {
    const { status, body } = problem(new Error('password hunter2'), options);
    expect(status).toBe(500);
    expect(body.toString()).not.toContain('hunter2');
    expect(parse(body)).toMatchObject({ error: { type: 'api_error', code: 'internal_error', request_id: 'req_1' } });
  });
});

it('a redirect after a form is a 303 that is not cached', () => {
  expect(seeOther('/pay/x/done')).toMatchObject({
    status: 303,
    headers: { location: '/pay/x/done', 'cache-control': 'no-store' },
    body: '',
  });
});
