import { expect, it } from '@jest/globals';
import { callbackUrlOf, isReturnUrl } from './oauth-attempt.ts';

it.each([
  ['https://app.example.com/settings?tab=stripe', true],
  ['http://localhost:3000/done', true],
  ['http://127.0.0.1/done', true],
  ['http://app.example.com/done', false],
  ['https://user:word@app.example.com', false],
  ['javascript:alert(1)', false],
  ['data:text/html,hello', false],
  ['//app.example.com', false],
  ['', false],
])('a browser may be sent to %p afterwards: %p', (text, may) => {
  expect(isReturnUrl(text)).toBe(may);
});

it('the callback is below the public URL, with or without a slash at its end', () => {
  expect(callbackUrlOf('https://pay.example.com/')).toBe('https://pay.example.com/v1/oauth/stripe/callback');
});
