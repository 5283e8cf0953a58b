import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';

export interface Screen {
  readonly name: string;
  readonly width: number;
  readonly height: number;
}
export const PHONE: Screen = { name: 'phone', width: 360, height: 740 };
export const DESK: Screen = { name: 'desk', width: 1280, height: 800 };
export const SCREENS: readonly Screen[] = [PHONE, DESK];

/** A tab in a browser that was never here before, and what it noticed on the way. */
export interface Visitor {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Hosts outside of this machine that were asked for something. */
  readonly abroad: readonly string[];
  /** What the browser refused or a script threw. */
  readonly complaints: readonly string[];
  /** Takes back complaints that were to be expected, such as those about a page's own status. */
  forgive(expected: RegExp): void;
}

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export async function startBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium', args: FLAGS });
}

export async function visit(
  browser: Browser,
  { width, height }: Screen,
  { javaScript = false, dark = false } = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    viewport: { width, height },
    javaScriptEnabled: javaScript,
    colorScheme: dark ? 'dark' : 'light',
    permissions: javaScript ? ['clipboard-read', 'clipboard-write'] : [],
  });
  context.setDefaultTimeout(15_000);
  const abroad: string[] = [];
  const complaints: string[] = [];
  const note = (address: string): void => {
    const { protocol, hostname } = new URL(address);
    if (/^(https?|wss?|ftp):$/.test(protocol) && hostname !== 'localhost' && hostname !== '127.0.0.1')
      abroad.push(address);
  };
  context.on('request', (request) => {
    note(request.url());
  });
  context.on('page', (page) => {
    page.on('websocket', (socket) => {
      note(socket.url());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
  });
  context.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  return {
    page: await context.newPage(),
    context,
    abroad,
    complaints,
    forgive: (expected) => {
      complaints.splice(0, complaints.length, ...complaints.filter((complaint) => !expected.test(complaint)));
    },
  };
}

let folder: string | null = null;

/** Keeps what the visitor sees, for people: in BROWSER_SCREENSHOTS, or in a temporary folder. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  folder ??= process.env['BROWSER_SCREENSHOTS'] ?? mkdtempSync(path.join(tmpdir(), 'oppulence-pictures-'));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: path.join(folder, `${name}.png`), fullPage: true });
}
