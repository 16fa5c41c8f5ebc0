import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { chromium, type Page } from 'playwright-core';
import { findChanges } from '../../infra/diff/changes.ts';
import { renderHtml } from '../../infra/diff/render/render-html.ts';
import { sortChanges } from '../../infra/diff/report.ts';
import { environments } from '../../infra/environments/environments.ts';
import { readEnvironment } from '../../infra/environments/read-environment.ts';
import { manifestsOf } from '../infra/diff/real-changes/make-real-changes.ts';
import { changed } from '../infra/refusals.ts';

const CHROMIUM = '/usr/bin/chromium';
if (!existsSync(CHROMIUM)) throw new Error(`${CHROMIUM} must be installed: apt-get install chromium`);

/** What a pull request might do: retention, a broker setting, a volume, node ports and, in dev, the edge's Service. */
const edits = {
  production: {
    'topics.events.retention': '3d',
    'kafka.metadata.sessionTimeout': '12s',
    'kafka.logVolume': '150Gi',
    'kafka.exposure': {
      kind: 'node-port',
      hosts: ['a.example.com', 'b.example.com', 'c.example.com'],
      firstNodePort: 31_000,
    },
    'network.kafkaClientCidrs': ['10.9.0.0/16'],
  },
  dev: { 'edge.controller.service': 'LoadBalancer' },
} as const;

const directory = mkdtempSync(join(tmpdir(), 'headwater-page-'));
const browser = await chromium.launch({
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
after(async () => {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
});

async function writePage(): Promise<string> {
  const before = {
    production: await manifestsOf(environments.production),
    dev: await manifestsOf(environments.dev),
  };
  const changedTo = async (environment: 'production' | 'dev') =>
    manifestsOf(readEnvironment(changed({ environment, changes: edits[environment] })));
  const head = { production: await changedTo('production'), dev: await changedTo('dev') };
  const file = join(directory, 'diff.html');
  writeFileSync(
    file,
    renderHtml({
      base: { name: 'main' },
      head: { name: 'the working tree' },
      environments: ['dev', 'production'],
      changes: sortChanges(findChanges(before, head)),
      objects: {},
      approved: [],
      unusedApprovals: [],
    }),
  );
  return pathToFileURL(file).href;
}

const url = await writePage();

async function open(options: { readonly width: number; readonly dark: boolean }): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width: options.width, height: 900 },
    colorScheme: options.dark ? 'dark' : 'light',
  });
  page.on('request', (request) => assert.ok(request.url().startsWith('file:'), `asks for ${request.url()}`));
  page.on('pageerror', (error) => assert.fail(error.message));
  await page.goto(url);
  return page;
}

for (const width of [1280, 360]) {
  for (const dark of [false, true]) {
    test(`${width} pixels wide, ${dark ? 'dark' : 'light'}: nothing is cut off, text stands out from its ground`, async () => {
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
    });
  }
}

test('by pointer: a filter leaves what has the consequence, and a change opens to both its sides', async () => {
  const page = await open({ width: 1280, dark: false });
  const all = await page.locator('.change:visible').count();
  const danger = page.locator('.change[data-consequence="data-at-risk"]');
  assert.ok(all > 10 && (await danger.count()) > 0);
  await page.getByLabel('replaced: data at risk').click();
  assert.equal(await page.locator('.change:visible').count(), all - (await danger.count()));
  assert.match(
    await page.locator('#shown').innerText(),
    new RegExp(`^${all - (await danger.count())} of ${all} `),
  );
  await page.getByLabel('replaced: data at risk').click();
  await danger.first().locator('summary').click();
  assert.deepEqual(await danger.first().locator('pre').allInnerTexts(), ['200Gi', '150Gi']);
  await page.close();
});

test('by keyboard: every filter and every change is reached and worked', async () => {
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
    ['dev'],
  );
  await page.keyboard.press('Tab');
  assert.ok(await page.evaluate('document.activeElement.tagName === "SUMMARY"'));
  await page.keyboard.press('Enter');
  assert.ok(await page.evaluate('document.activeElement.parentElement.open'));
  await page.close();
});

test('the picture marks the parts that change, and only those', async () => {
  const page = await open({ width: 1280, dark: false });
  const marked = await page.locator('.platform .changed strong').allInnerTexts();
  assert.ok(marked.includes('Kafka') && marked.includes('edge'));
  assert.ok(!marked.includes('consumer') && !marked.includes('ZooKeeper'));
  await page.close();
});

function contrast(a: string, b: string): number {
  const [high = 0, low = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

/** @see https://www.w3.org/TR/WCAG22/#dfn-relative-luminance */
function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = (colour.match(/[\d.]+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
