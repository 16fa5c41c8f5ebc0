// `npx node tests/docs/screenshot.ts`: docs/diff/pull-request.png, the page of the pull request whose comment stands beside it.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { renderHtml } from '../../infra/diff/render/render-html.ts';
import { launchChromium } from '../integration/chromium.ts';
import { pullRequestReport } from '../infra/diff/pull-request.ts';

const directory = mkdtempSync(join(tmpdir(), 'headwater-screenshot-'));
const browser = await launchChromium();
try {
  const file = join(directory, 'diff.html');
  writeFileSync(file, renderHtml(await pullRequestReport()));
  const page = await browser.newPage({ viewport: { width: 1100, height: 1400 }, colorScheme: 'light' });
  await page.goto(pathToFileURL(file).href);
  await page.evaluate('document.querySelector(".cause").open = true');
  await page.screenshot({ path: join(import.meta.dirname, '../../docs/diff/pull-request.png') });
} finally {
  await browser.close();
  rmSync(directory, { recursive: true, force: true });
}
