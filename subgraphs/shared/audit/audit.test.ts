import { describe, expect, it } from '@jest/globals';
import type { Json } from '../json/json.ts';
import { redactInput } from './audit.ts';

describe('what the audit keeps of an input', () => {
  it('is all of it, when it holds no secret', () => {
    const input: Json = {
      name: 'Café “Łódź”',
      caseIds: ['case_1', null],
      amount: { amountMinor: '1990', currency: 'USD' },
      notify: false,
      days: 3,
      reason: null,
    };
    expect(redactInput(input)).toEqual(input);
  });

  it.each<{ what: string; input: Json; kept: Json }>([
    { what: 'by a field’s name', input: { apiKey: 'hush' }, kept: { apiKey: '[redacted]' } },
    {
      what: 'by the end of a name, in any spelling',
      input: { stripe_api_key: 'hush', webhookSecret: 'hush', magicLinkTOKEN: 'hush', payloadBase64: 'hush' },
      kept: {
        stripe_api_key: '[redacted]',
        webhookSecret: '[redacted]',
        magicLinkTOKEN: '[redacted]',
        payloadBase64: '[redacted]',
      },
    },
    {
      what: 'however deep they lie',
      input: { connection: { accounts: [{ credential: 'hush', name: 'main' }] } },
      kept: { connection: { accounts: [{ credential: '[redacted]', name: 'main' }] } },
    },
    {
      what: 'when several stand in a list',
      input: { webhookSecrets: ['hush', 'hush'], tokens: ['hush'] },
      kept: { webhookSecrets: '[redacted]', tokens: '[redacted]' },
    },
    {
      what: 'when they are no text',
      input: { password: 123456, credentials: { user: 'hush', pin: 1234 } },
      kept: { password: '[redacted]', credentials: '[redacted]' },
    },
    {
      what: 'by their look, under any name and inside text',
      input: {
        note: 'use sk_test_51AbCdEf and whsec_abc123',
        deep: [{ link: 'https://shop.example/pay/AbCdEf123' }],
        card: 'card 4242 4242 4242 4242',
      },
      kept: {
        note: 'use sk_test_[redacted] and whsec_[redacted]',
        deep: [{ link: 'https://shop.example/pay/[redacted]' }],
        card: 'card [card]',
      },
    },
  ])('has no secrets: they are found $what', ({ input, kept }) => {
    expect(redactInput(input)).toEqual(kept);
  });

  it('says whether a secret was given, and keeps ids of secrets', () => {
    const input: Json = { apiKey: null, apiKeyId: 'key_1', tokenCount: 3 };
    expect(redactInput(input)).toEqual(input);
  });
});
