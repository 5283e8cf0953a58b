import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { until } from '#cli/embedded/processes.ts';
import { type Instance, startInstance } from './instance.ts';
import { faintTexts, overflow } from './looks.ts';
import { openPlayground } from './playground.ts';
import { DESK, keepPicture, PHONE, SCREENS, startBrowser, visit, type Visitor } from './visitor.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
const WATCH = 'subscription { recoveryEvents { type at customer { name } invoice { number } } }';
const CASES = '{ recoveryCases(first: 10) { edges { node { state customer { name } } } } }';

let instance: Instance;
let browser: Browser;
beforeAll(async () => {
  [instance, browser] = await Promise.all([startInstance(), startBrowser()]);
}, 120_000);
afterAll(async () => {
  await browser.close();
  await instance.stop();
}, 60_000);

/** What every page owes its reader, on every screen. */
async function expectReadable(visitor: Visitor, picture: string, page = visitor.page): Promise<void> {
  await keepPicture(page, picture);
  expect(await overflow(page)).toBe(0);
  expect(await faintTexts(page)).toEqual([]);
  expect(visitor.abroad).toEqual([]);
  expect(visitor.complaints).toEqual([]);
}

const heading = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).first().innerText();

describe.each(SCREENS)('at $name width, without JavaScript', (screen) => {
  it.each([
    { name: 'landing page', path: '/', title: 'Oppulence' },
    { name: 'page for an address that leads nowhere', path: '/no/such/page', title: 'Nothing here' },
    { name: 'page for a link nobody sent', path: '/pay/not-a-token', title: 'We do not know this link' },
    { name: 'outbox without its key', path: '/dev/outbox', title: 'This outbox is locked' },
  ])('the $name is readable', async ({ name, path, title }) => {
    const visitor = await visit(browser, screen);
    const answer = await visitor.page.goto(`${instance.url}${path}`);
    expect(await heading(visitor.page)).toBe(title);
    expect(answer?.status()).toBe({ '/': 200, '/dev/outbox': 401 }[path] ?? 404);
    visitor.forgive(/status of 40[14]/);
    await expectReadable(visitor, `${name.replaceAll(' ', '-')}-${screen.name}`);
    await visitor.context.close();
  });
});

describe('the playground', () => {
  let visitor: Visitor;
  beforeAll(async () => {
    visitor = await visit(browser, DESK, { javaScript: true });
  });
  afterAll(async () => {
    await visitor.context.close();
  });

  it('runs a query with the key of its header editor, and asks no other machine for anything', async () => {
    const playground = await openPlayground(visitor.page, `${instance.url}/playground`);
    await playground.writeHeaders({ Authorization: `Bearer ${instance.apiKey}` });
    await playground.writeOperation('{ viewer { workspace { name mode } } }');
    await playground.press();
    expect(JSON.parse(await playground.answer('Acme'))).toEqual({
      data: { viewer: { workspace: { name: 'Acme', mode: 'TEST' } } },
    });
    await keepPicture(visitor.page, 'playground-query');
    expect(visitor.abroad).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });

  it('shows the events of a subscription as they happen: two renewals fail', async () => {
    const playground = await openPlayground(visitor.page, `${instance.url}/playground`);
    await playground.writeHeaders({ Authorization: `Bearer ${instance.apiKey}` });
    await playground.writeOperation(WATCH);
    const socket = visitor.page.waitForEvent('websocket');
    await playground.press();
    await socket;
    const { merchant } = instance;
    for (const subscriber of merchant.subscribers.slice(0, SCREENS.length)) await merchant.letCardFail(subscriber);
    await instance.travelTo(new Date(merchant.renewsAt.getTime() + 2 * DAY_MS));
    expect(JSON.parse(await playground.answer('recoveryEvents'))).toMatchObject({
      data: { recoveryEvents: { customer: { name: expect.stringMatching(/Northwind Robotics|Blue Fern Studio/) } } },
    });
    await keepPicture(visitor.page, 'playground-subscription');
    expect(visitor.abroad).toEqual([]);
    expect(visitor.complaints).toEqual([]);
  });
});

describe('the outbox', () => {
  it.each(SCREENS)('shows every mail to a reader at $name width', async (screen) => {
    const visitor = await visit(browser, screen);
    await visitor.page.goto(instance.outboxUrl);
    expect(await visitor.page.locator('article h2').allInnerTexts()).toHaveLength(4);
    for (const frame of visitor.page.frames().slice(1)) {
      expect(await frame.locator('h1').innerText()).not.toBe('');
    }
    await visitor.page.setViewportSize({ width: screen.width, height: 5_000 }); // a frame out of sight isn't painted
    await expectReadable(visitor, `outbox-${screen.name}`);
    await visitor.context.close();
  });

  it('opens the pay page from the button in a mail', async () => {
    const visitor = await visit(browser, DESK);
    await visitor.page.goto(instance.outboxUrl);
    const opened = visitor.context.waitForEvent('page');
    await linkInMail(visitor.page, 0).click();
    expect(await heading(await opened)).toBe('Your payment did not go through');
    await visitor.context.close();
  });

  it('opens it on a phone as well, and at night', async () => {
    const visitor = await visit(browser, PHONE, { dark: true });
    await visitor.page.goto(instance.outboxUrl);
    await expectReadable(visitor, 'outbox-phone-dark');
    const opened = visitor.context.waitForEvent('page');
    await linkInMail(visitor.page, 0).click();
    await expectReadable(visitor, 'pay-phone-dark', await opened);
    await visitor.context.close();
  });
});

/** The button of the n-th mail that has one. */
const linkInMail = (page: Page, nth: number): Locator =>
  page
    .frameLocator(`iframe[title^="Please enter another card"] >> nth=${String(nth)}`)
    .getByRole('link')
    .first();

describe.each(SCREENS.map((screen, index) => ({ ...screen, index })))(
  'a customer at $name width, without JavaScript, by keyboard alone',
  (screen) => {
    let visitor: Visitor;
    let link = '';
    beforeAll(async () => {
      visitor = await visit(browser, screen);
      await visitor.page.goto(instance.outboxUrl);
      link = (await linkInMail(visitor.page, screen.index).getAttribute('href')) ?? '';
    });
    afterAll(async () => {
      await visitor.context.close();
    });

    it('sees what is owed, and reaches the button', async () => {
      const { page } = visitor;
      await page.goto(link);
      await expectReadable(visitor, `pay-${screen.name}`);
      expect(await page.locator('main').innerText()).toContain('$147.00');
      await page.keyboard.press('Tab');
      const focused = page.locator(':focus');
      expect(await focused.innerText()).toBe('Enter another card');
      expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
      expect((await focused.boundingBox())?.height).toBeGreaterThanOrEqual(44);
      await keepPicture(page, `pay-focused-${screen.name}`);
    });

    it('comes back from the card page without a card, and can start again', async () => {
      const { page } = visitor;
      await page.keyboard.press('Enter');
      await page.waitForURL(`${instance.sandboxUrl}/**`);
      await expectReadable(visitor, `card-${screen.name}`);
      await page.getByRole('link', { name: /cancel/i }).press('Enter');
      await page.waitForURL(link);
      await page.goto(`${link}/return`);
      await expectReadable(visitor, `pay-unfinished-${screen.name}`);
      await page.keyboard.press('Tab');
      await page.keyboard.press('Enter');
      await page.waitForURL(`${instance.sandboxUrl}/**`);
    });

    it('is told when a card is refused, enters another, and sees that it was saved', async () => {
      const { page } = visitor;
      await typeCard(page, '4000000000000002');
      expect(await page.getByRole('alert').innerText()).toMatch(/declined/i);
      visitor.forgive(/status of 402/);
      await expectReadable(visitor, `card-refused-${screen.name}`);
      await typeCard(page, '4242424242424242');
      await page.waitForURL(`${link}/return`);
      expect(['Your card was updated', 'This is paid']).toContain(await heading(page));
      await expectReadable(visitor, `pay-done-${screen.name}`);
    });

    it('has paid: the case is recovered, and the used link says so', async () => {
      const recovered = async (): Promise<number> => {
        const { recoveryCases } = await instance.graph.run<{ recoveryCases: { edges: { node: { state: string } }[] } }>(
          CASES,
        );
        return recoveryCases.edges.filter(({ node }) => node.state === 'RECOVERED').length;
      };
      expect(await until(async () => (await recovered()) === screen.index + 1, 20_000, 100)).toBe(true);
      const answer = await visitor.page.goto(link);
      expect(answer?.status()).toBe(200);
      expect(await heading(visitor.page)).toBe('This is paid');
      expect(await visitor.page.getByRole('button').count()).toBe(0);
      await expectReadable(visitor, `pay-used-${screen.name}`);
    });
  },
);

/** Types as somebody who never touches the mouse. The page's first field has the focus when it opens. */
async function typeCard(page: Page, number: string): Promise<void> {
  for (const [label, text] of [
    ['Card number', number],
    ['Expiry date', '12 / 34'],
    ['Security code', '123'],
    ['Name on card', 'Ada Okafor'],
  ] as const) {
    const field = page.getByLabel(label);
    await field.focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type(text);
  }
  await page.keyboard.press('Enter');
}

describe("the sandbox's own page", () => {
  it.each(SCREENS)('shows accounts, invoices and test cards at $name width', async (screen) => {
    const visitor = await visit(browser, screen);
    await visitor.page.goto(instance.sandboxUrl);
    expect(await visitor.page.locator('main').innerText()).toContain('Northwind Robotics');
    await expectReadable(visitor, `sandbox-${screen.name}`);
    await visitor.context.close();
  });
});
