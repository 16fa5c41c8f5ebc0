import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { renderHtml } from '../../infra/diff/render/render-html.ts';
import { pullRequestReport } from '../infra/diff/pull-request.ts';
import { needs } from '../runner/needs.ts';
import { launchChromium, openPage } from './chromium.ts';
import { contrast, luminance } from './contrast.ts';

const CHROMIUM = needs('/usr/bin/chromium');
const directory = mkdtempSync(join(tmpdir(), 'headwater-page-'));
let browser: Browser | undefined;
before(async () => {
  if (CHROMIUM.skip === undefined) browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  rmSync(directory, { recursive: true, force: true });
});

const file = join(directory, 'diff.html');
writeFileSync(file, renderHtml(await pullRequestReport()));
const url = pathToFileURL(file).href;

function open(options: { readonly width: number; readonly dark: boolean }): Promise<Page> {
  return openPage(browser, { url, ...options, asks: /^file:/ });
}

for (const width of [1280, 360]) {
  for (const dark of [false, true]) {
    test(
      `${width} pixels wide, ${dark ? 'dark' : 'light'}: nothing is cut off, text stands out from its ground`,
      CHROMIUM,
      async () => {
        const page = await open({ width, dark });
        const wide = await page.evaluate('document.documentElement.scrollWidth');
        assert.ok(Number(wide) <= width, `the page is ${String(wide)} wide`);
        const colours = await page.evaluate<readonly string[]>(
          '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor, ...[...document.querySelectorAll(".badge")].map((badge) => getComputedStyle(badge).color)]',
        );
        const [text = '', ground = '', ...badges] = colours;
        for (const colour of [text, ...badges])
          assert.ok(contrast(colour, ground) >= 4.5, `${colour} on ${ground}`);
        assert.equal(luminance(ground) < 0.5, dark);
        const place = process.env['HEADWATER_SCREENSHOTS'];
        if (place !== undefined) {
          await page.evaluate('document.querySelector("details").open = true');
          await page.screenshot({ path: join(place, `diff-${width}-${dark ? 'dark' : 'light'}.png`) });
        }
        await page.close();
      },
    );
  }
}

test(
  'by pointer: a filter leaves what has the consequence, and a change opens to both its sides',
  CHROMIUM,
  async () => {
    const page = await open({ width: 1280, dark: false });
    assert.equal(await page.locator('.change:visible').count(), 0);
    assert.equal(await page.locator('.cause:visible').count(), 5);
    for (const sentence of await page.locator('.cause > summary').all()) await sentence.click();
    const all = await page.locator('.change:visible').count();
    const danger = page.locator('.change[data-consequence="data-at-risk"]');
    assert.ok(all > 10 && (await danger.count()) > 0);
    await page.getByLabel('replaced: data at risk').click();
    assert.equal(await page.locator('.change:visible').count(), all - (await danger.count()));
    assert.equal(await page.locator('.cause:visible').count(), 4);
    assert.match(
      await page.locator('#shown').innerText(),
      new RegExp(`^${all - (await danger.count())} of ${all} `),
    );
    await page.getByLabel('replaced: data at risk').click();
    await danger.first().locator('summary').click();
    assert.deepEqual(await danger.first().locator('pre').allInnerTexts(), ['200Gi', '150Gi']);
    await page.close();
  },
);

test('by keyboard: every filter and every change is reached and worked', CHROMIUM, async () => {
  const page = await open({ width: 1280, dark: false });
  const focused = 'document.activeElement.matches';
  let reached = false;
  for (let step = 0; step < 40 && !reached; step += 1) {
    await page.keyboard.press('Tab');
    reached = await page.evaluate<boolean>(`${focused}('[data-filter="environment"][value="production"]')`);
  }
  assert.ok(reached, 'the filter of production is not reached with Tab');
  await page.keyboard.press('Space');
  assert.deepEqual(
    await page.evaluate(
      '[...new Set([...document.querySelectorAll(".change:not([hidden])")].map((one) => one.dataset.environments))]',
    ),
    ['dev production staging'],
  );
  do await page.keyboard.press('Tab');
  while (await page.evaluate<boolean>(`${focused}('[data-filter="environment"]')`));
  assert.ok(await page.evaluate('document.activeElement.tagName === "SUMMARY"'));
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate('document.activeElement.parentElement.open'));
  await page.close();
});

test('the picture marks the parts that change, and only those', CHROMIUM, async () => {
  const page = await open({ width: 1280, dark: false });
  const marked = await page.locator('.platform .changed strong').allInnerTexts();
  assert.ok(marked.includes('Kafka') && marked.includes('logs'));
  assert.ok(!marked.includes('consumer') && !marked.includes('edge'));
  await page.close();
});
