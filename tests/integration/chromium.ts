import assert from 'node:assert/strict';
import { chromium, type Browser, type Page } from 'playwright-core';

const CHROMIUM = '/usr/bin/chromium';

/** The browser of the system, which is to ask nothing of any network. */
export async function launchChromium(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export interface PageOptions {
  readonly url: string;
  /** In CSS pixels. */
  readonly width: number;
  readonly dark: boolean;
  /** What the page may ask for, by its URL. */
  readonly asks: RegExp;
}

/** Opens a page, which fails the test if it throws or asks for anything else. */
export async function openPage(
  browser: Browser | undefined,
  { url, width, dark, asks }: PageOptions,
): Promise<Page> {
  assert(browser !== undefined);
  const page = await browser.newPage({
    viewport: { width, height: 900 },
    colorScheme: dark ? 'dark' : 'light',
  });
  page.on('request', (request) => assert.match(request.url(), asks));
  page.on('pageerror', (error) => assert.fail(error.message));
  await page.goto(url);
  return page;
}
