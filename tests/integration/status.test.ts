import assert from 'node:assert/strict';
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import type { ProcessIdentity } from '../../infra/local/pid-file.ts';
import type { StatusReport } from '../../infra/local/status/report.ts';
import type { Running } from '../../infra/local/up/state.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import { needs } from '../runner/needs.ts';
import { launchChromium, openPage } from './chromium.ts';
import { contrast, luminance } from './contrast.ts';

const COMMAND = fileURLToPath(new URL('../../bin/headwater.mjs', import.meta.url));
const CHROMIUM = needs('/usr/bin/chromium');
const state = mkdtempSync(join(tmpdir(), 'headwater-status-'));
let running: Running;
let server: ChildProcess;
let url: string;
let browser: Browser | undefined;

function headwater(
  ...args: readonly string[]
): Promise<{ code: number | string | null | undefined; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [COMMAND, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : error.code, stdout, stderr });
    });
  });
}

async function statusJson(): Promise<StatusReport & { readonly code: unknown }> {
  const { code, stdout, stderr } = await headwater('status', '--state', state, '--json');
  assert.notEqual(stdout, '', stderr);
  return { code, ...(JSON.parse(stdout) as StatusReport) };
}

async function upload(events: number): Promise<void> {
  const body = Array.from({ length: events }, (_, index) => `{"index":${index}}\n`).join('');
  const response = await fetch(`${running.producer}/upload/batch`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson' },
    body,
  });
  assert.equal(response.status, 200);
  await response.text();
}

async function whileConsumerStands(run: () => Promise<void>): Promise<void> {
  const { pid } = JSON.parse(readFileSync(join(state, 'consumer.pid'), 'utf8')) as ProcessIdentity;
  process.kill(pid, 'SIGSTOP');
  try {
    await run();
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

before(async () => {
  const { code, stderr } = await headwater(
    ...['up', '--detach', '--no-sample', '--port', '0', '--state', state],
  );
  assert.equal(code, 0, stderr);
  running = JSON.parse(readFileSync(join(state, 'running.json'), 'utf8')) as Running;
  server = spawn(process.execPath, [COMMAND, 'status', '--serve', '--port', '0', '--state', state], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [said] = (await once(server.stdout ?? server, 'data')) as [Buffer];
  url = /http:\S+/.exec(said.toString())?.[0] ?? '';
  if (CHROMIUM.skip === undefined) browser = await launchChromium();
});
after(async () => {
  await browser?.close();
  server.kill('SIGKILL');
  await headwater('down', '--state', state);
  rmSync(state, { recursive: true, force: true });
});

test('the report has the rates of the last minute, and every partition whose records are stored', async () => {
  await upload(1000);
  let report = await statusJson();
  await waitUntil(
    async () => {
      report = await statusJson();
      return report.lag === 0 && report.stored === 1000 && (report.rates.stored ?? 0) > 0;
    },
    { what: 'stored, and a rate', deadlineMs: 60_000 },
  );
  assert.partialDeepStrictEqual(report, {
    code: 0,
    accepted: 1000,
    refused: 0,
    problems: [],
    retentionSeconds: 604_800,
  });
  assert.equal(report.partitions.length, 6);
  for (const { state: owned, stored, logEnd, lag } of report.partitions) {
    assert.deepEqual({ owned, stored, lag }, { owned: 'owned', stored: logEnd, lag: 0 });
  }
  assert.equal(
    report.partitions.reduce((sum, { logEnd = 0 }) => sum + logEnd, 0),
    1000,
  );
  assert.ok((report.rates.accepted ?? 0) > 0);
  assert.match(report.versions['Node'] ?? '', /^\d+\.\d+\.\d+$/);
  const { code, stdout } = await headwater('status', '--state', state);
  assert.equal(code, 0);
  assert.match(stdout, /^nothing is wrong\n/);
  assert.match(stdout, /^post events to +http/m);
});

test('without the consumer, Kafka and the store say what waits, how long, and until when', async () => {
  await whileConsumerStands(async () => {
    await upload(600);
    const report = await statusJson();
    assert.equal(report.code, 1);
    assert.match(report.problems[0]?.text ?? '', /^the consumer does not answer/);
    const lag = report.partitions.reduce((sum, partition) => sum + (partition.lag ?? 0), 0);
    assert.equal(lag, 600);
    const waiting = report.partitions.filter((partition) => (partition.lag ?? 0) > 0);
    assert.ok(waiting.length > 0);
    for (const { waitingSeconds = -1, secondsUntilLoss = 0, state: owner } of waiting) {
      assert.ok(waitingSeconds >= 0 && waitingSeconds < 120, String(waitingSeconds));
      assert.ok(Math.abs(waitingSeconds + secondsUntilLoss - 604_800) < 1);
      assert.equal(owner, 'unknown');
    }
  });
  await waitUntil(async () => (await statusJson()).problems.length === 0, {
    what: 'stored again',
    deadlineMs: 60_000,
  });
});

test('the page only reads, and only for its own address', async () => {
  const ask = (path: string, method: string, host?: string): Promise<number | undefined> =>
    new Promise((resolve, reject) => {
      const sent = request(new URL(path, url), { method, ...(host && { headers: { host } }) }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
      sent.once('error', reject).end();
    });
  assert.equal(await ask('/', 'GET'), 200);
  assert.equal(await ask('/', 'POST'), 405);
  assert.equal(await ask('/', 'GET', 'evil.example'), 421);
  assert.equal(await ask('/runbooks/consumers.md', 'GET'), 200);
  assert.equal(await ask('/runbooks/../alerts.md', 'GET'), 404);
  assert.equal(await ask('/runbooks/none.md', 'GET'), 404);
});

function open(options: { readonly width: number; readonly dark: boolean }): Promise<Page> {
  return openPage(browser, { url, ...options, asks: /^(?:data:|http:\/\/127\.0\.0\.1:)/ });
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
        const [ground = '', ...texts] = await page.evaluate<readonly string[]>(
          '[getComputedStyle(document.body).backgroundColor, ...["body", ".headline", ".calm", "dt", "td"].map((place) => getComputedStyle(document.querySelector(place)).color)]',
        );
        for (const colour of texts) assert.ok(contrast(colour, ground) >= 4.5, `${colour} on ${ground}`);
        assert.equal(luminance(ground) < 0.5, dark);
        const place = process.env['HEADWATER_SCREENSHOTS'];
        if (place !== undefined) {
          const path = join(place, `status-${width}-${dark ? 'dark' : 'light'}.png`);
          await page.screenshot({ path, fullPage: true });
        }
        await page.close();
      },
    );
  }
}

test('a reader and a screen reader find the headline, the plots and every partition', CHROMIUM, async () => {
  const page = await open({ width: 1280, dark: false });
  await page.getByRole('status').getByText('nothing is wrong').waitFor();
  await page.getByRole('table', { name: 'Partitions' }).waitFor();
  assert.equal(await page.getByRole('row').count(), 7);
  assert.equal(await page.getByRole('rowheader', { name: '5', exact: true }).count(), 1);
  await page
    .getByRole('img', { name: /^Events of the last .*: accepted .* now, at most .*; stored / })
    .waitFor();
  await page.getByRole('img', { name: /^Not stored yet of the last .*, in records: / }).waitFor();
  await page.getByRole('checkbox', { name: 'refresh every 5 seconds' }).waitFor();
  await page.close();
});

test('the open page tells a fault and its end by itself, and leads to the runbook', CHROMIUM, async () => {
  const page = await open({ width: 1280, dark: false });
  await whileConsumerStands(async () => {
    await page.getByRole('status').getByText('1 thing is wrong').waitFor({ timeout: 60_000 });
    await page.getByText(/^the consumer does not answer/).waitFor();
    const toRunbook = page.getByRole('link', { name: 'runbook consumersnotready' });
    const [runbook] = await Promise.all([
      page.waitForResponse((response) => response.url().includes('/runbooks/')),
      toRunbook.click(),
    ]);
    assert.match(await runbook.text(), /^## ConsumersNotReady$/m);
    await page.goBack();
  });
  await page.getByRole('status').getByText('nothing is wrong').waitFor({ timeout: 60_000 });
  await page.close();
});
