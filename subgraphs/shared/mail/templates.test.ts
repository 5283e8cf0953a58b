import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterAll, describe, expect, it } from '@jest/globals';

import { createTemplates } from './templates.ts';

const base = mkdtempSync(join(tmpdir(), 'templates-'));
const folder = join(base, 'mails');
mkdirSync(join(folder, 'parts'), { recursive: true });
writeFileSync(join(base, 'secret.liquid'), 'SECRET');
afterAll(() => rmSync(base, { recursive: true }));

const put = (name: string, text: string): void => writeFileSync(join(folder, `${name}.liquid`), text);
put('hello.html', '<p title="{{ name }}">{{ name }}</p>');
put('hello.txt', 'Dear {{ name }}');
put('raw.html', '{{ name | raw }}');
put('optional.txt', '{% if nick %}{{ nick }}{% else %}you{% endif %}');
put('nested.txt', '{{ customer.name }}');
put('filter.txt', '{{ name | shout }}');
put(
  'page.html',
  "{% layout 'parts/frame.html.liquid' %}{% block body %}{% render 'parts/line.html.liquid', text: name %}{% endblock %}",
);
put('parts/frame.html', '<main>{% block body %}{% endblock %}</main>');
put('parts/line.html', '<b>{{ text }}</b>');
put('escape.txt', '{% render "../secret.liquid" %}');
put('escape2.txt', `{% include "${join(base, 'secret.liquid')}" %}`);
put('escape3.txt', '{% include name %}');
put('loop.txt', '{% for a in (1..100000000) %}x{% endfor %}');
symlinkSync(join(base, 'secret.liquid'), join(folder, 'link.txt.liquid'));

const templates = createTemplates(folder);
const EVIL = '<script>alert("1")</script> & \'co\'';

describe('a template', () => {
  it('escapes every value in HTML, also in attributes, and none in text', async () => {
    const escaped = '&lt;script&gt;alert(&#34;1&#34;)&lt;/script&gt; &amp; &#39;co&#39;';
    expect(await templates.render('hello.html', { name: EVIL })).toBe(`<p title="${escaped}">${escaped}</p>`);
    expect(await templates.render('hello.txt', { name: EVIL })).toBe(`Dear ${EVIL}`);
    expect(await templates.render('raw.html', { name: '<b>' })).toBe('<b>');
  });

  it('escapes in layouts and partials of the folder', async () => {
    expect(await templates.render('page.html', { name: '<i>' })).toBe('<main><b>&lt;i&gt;</b></main>');
  });

  it('does not run values as templates', async () => {
    expect(await templates.render('hello.txt', { name: '{{ 1 | plus: 1 }}{% include x %}' })).toBe(
      'Dear {{ 1 | plus: 1 }}{% include x %}',
    );
  });

  it('is parsed once', async () => {
    put('cached.txt', 'one');
    expect(await templates.render('cached.txt', {})).toBe('one');
    put('cached.txt', 'two');
    expect(await templates.render('cached.txt', {})).toBe('one');
  });

  it('may ask whether an optional value is there', async () => {
    expect(await templates.render('optional.txt', {})).toBe('you');
    expect(await templates.render('optional.txt', { nick: 'Zoë' })).toBe('Zoë');
  });

  it.each([
    { name: 'hello.txt', data: {}, why: 'a value is missing' },
    { name: 'nested.txt', data: { customer: {} }, why: 'a nested value is missing' },
    {
      name: 'nested.txt',
      data: { customer: Object.create({ name: 'inherited' }) as object },
      why: 'a value is only inherited',
    },
    { name: 'filter.txt', data: { name: 'x' }, why: 'a filter does not exist' },
    { name: 'absent.txt', data: {}, why: 'it does not exist' },
    { name: 'loop.txt', data: {}, why: 'it never ends' },
  ])('fails when $why: $name', async ({ name, data }) => {
    await expect(templates.render(name, data)).rejects.toThrow();
  });

  it.each(['../secret', '/etc/passwd', 'parts/../../secret', 'a//b', '', '..', 'hello.txt\0'])(
    'cannot be named %p',
    async (name) => {
      await expect(templates.render(name, {})).rejects.toThrow(RangeError);
    },
  );

  it.each(['escape.txt', 'escape2.txt', 'escape3.txt', 'link.txt'])(
    'cannot read outside of its folder: %s',
    async (name) => {
      await expect(templates.render(name, { name: '../secret.liquid' })).rejects.toThrow(/ENOENT/);
    },
  );
});
