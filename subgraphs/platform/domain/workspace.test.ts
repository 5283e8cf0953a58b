import { describe, expect, it } from '@jest/globals';
import { isTimezone, workspaceSlug } from './workspace.ts';

describe('a workspace', () => {
  it.each([
    { name: 'Acme Inc.', slug: 'acme-inc-abc123' },
    { name: '  Müller & Söhne  ', slug: 'muller-sohne-abc123' },
    { name: '日本', slug: 'abc123' },
    { name: 'x'.repeat(60), slug: `${'x'.repeat(40)}-abc123` },
  ])('called $name gets the slug $slug', ({ name, slug }) => {
    expect(workspaceSlug(name, 'ws_00000000000000ABC123', 'LIVE')).toBe(slug);
    expect(workspaceSlug(name, 'ws_00000000000000ABC123', 'TEST')).toBe(`${slug}-test`);
  });

  it.each([
    ['Europe/Berlin', true],
    ['UTC', true],
    ['+02:00', false],
    ['Mars/Base', false],
    ['', false],
  ])('takes %j as a time zone: %s', (text, ok) => {
    expect(isTimezone(text)).toBe(ok);
  });
});
