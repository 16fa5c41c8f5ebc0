import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { renderPlot } from '../../../../infra/local/status/plot.ts';
import { renderPage } from '../../../../infra/local/status/render-html.ts';
import { renderStatus } from '../../../../infra/local/status/render-text.ts';
import {
  findProblems,
  renderDuration,
  type PartitionStatus,
  type StatusReport,
} from '../../../../infra/local/status/report.ts';

const DAY = 86_400;
const well: PartitionStatus = { partition: 0, state: 'owned', stored: 1200, logEnd: 1200, lag: 0 };
const healthy: StatusReport = {
  at: '2026-01-01T00:00:00.000Z',
  programs: [
    { name: 'producer', state: 'ready' },
    { name: 'consumer', state: 'ready' },
  ],
  rates: { accepted: 1234.5, refused: 0, stored: 7 },
  partitions: [
    well,
    { ...well, partition: 1, logEnd: 1300, lag: 100, waitingSeconds: 9, secondsUntilLoss: 7 * DAY - 9 },
  ],
  retentionSeconds: 7 * DAY,
  objects: 12,
  versions: { Headwater: '1.0.0', Kafka: '3.9' },
  problems: [],
  samples: [],
};

const at = (change: Partial<PartitionStatus>): Partial<StatusReport> => ({
  partitions: [well, { ...well, partition: 1, ...change }],
});
const faults: readonly (readonly [
  title: string,
  change: Partial<StatusReport>,
  runbook: string,
  text: RegExp,
])[] = [
  [
    'lost records',
    at({ lost: 3 }),
    'eventslost',
    /^Kafka deleted records of partition 1 before they were stored/,
  ],
  [
    'half of the retention over',
    at({ lag: 1, waitingSeconds: 100, secondsUntilLoss: 3 * DAY }),
    'eventslostsoonbyage',
    /^Kafka deletes records of partition 1 that are not stored in 3 d$/,
  ],
  [
    'the retention over',
    at({ lag: 1, waitingSeconds: 100, secondsUntilLoss: -5 }),
    'eventslostsoonbyage',
    /not stored at any moment$/,
  ],
  ['no broker', { kafkaAway: 'ECONNREFUSED' }, 'kafkabrokersdown', /^Kafka does not answer: ECONNREFUSED$/],
  ['no store', { storeAway: 'ECONNREFUSED' }, 'eventsnotstored', /^the object store cannot be read: ECONN/],
  [
    'a producer that is away',
    { programs: [{ name: 'producer', state: 'away', reason: 'ECONNREFUSED' }] },
    'producersnotready',
    /^the producer does not answer: ECONNREFUSED$/,
  ],
  [
    'a consumer that is not ready',
    { programs: [{ name: 'consumer', state: 'not-ready', reason: 'store: 403' }] },
    'consumersnotready',
    /^the consumer is not ready: store: 403$/,
  ],
  [
    'a stopped partition',
    at({ state: 'stopped' }),
    'partitionstopped',
    /^the consumer has stopped partition 1;/,
  ],
  [
    'a partition of nobody',
    at({ state: 'unowned' }),
    'partitionsunowned',
    /^no consumer works on partition 1$/,
  ],
  [
    'several of them',
    { partitions: [0, 1].map((partition) => ({ ...well, partition, state: 'unowned' as const })) },
    'partitionsunowned',
    /^no consumer works on partitions 0, 1$/,
  ],
  [
    'a partition without a leader',
    { partitions: [{ partition: 2, state: 'owned', stored: 5 }] },
    'kafkapartitionsoffline',
    /^Kafka refuses events of partition 2: no leader$/,
  ],
  [
    'records that wait',
    at({ lag: 1, waitingSeconds: 200, secondsUntilLoss: 7 * DAY - 200 }),
    'eventsnotstored',
    /^records of partition 1 have waited up to 3 min 20 s for the object store$/,
  ],
  [
    'refused events',
    { rates: { accepted: 1, refused: 2.5, stored: 1 } },
    'eventsrefused',
    /^the producer refuses 2\.5 events a second, or cannot/,
  ],
];

for (const [title, change, runbook, text] of faults) {
  test(`${title}: one thing is wrong, in words, and its runbook is there`, () => {
    const problems = findProblems({ ...healthy, ...change });
    assert.deepEqual(
      problems.map((problem) => problem.runbook.split('#')[1]),
      [runbook],
    );
    const [problem] = problems;
    assert.match(problem?.text ?? '', text);
    const [file = '', anchor] = problem?.runbook.split('#') ?? [];
    const page = readFileSync(new URL(`../../../../docs/runbooks/${file}`, import.meta.url), 'utf8');
    const headings = Array.from(page.matchAll(/^## (.*)$/gm), ([, heading = '']) => heading.toLowerCase());
    assert.ok(headings.includes(anchor ?? ''), problem?.runbook);
  });
}

test('a pipeline that stores what comes in has nothing wrong', () => {
  assert.deepEqual(findProblems(healthy), []);
});

test('a duration has its two largest units', () => {
  assert.deepEqual([0, 9.4, 61, 3600, 3 * DAY + 2 * 3600 + 59].map(renderDuration), [
    '0 s',
    '9 s',
    '1 min 1 s',
    '1 h',
    '3 d 2 h',
  ]);
});

test('for a terminal: what is wrong, the figures, and an aligned row for each partition', () => {
  const problems = findProblems({ ...healthy, ...at({ state: 'stopped' }) });
  assert.equal(
    renderStatus({ ...healthy, problems }),
    `WRONG: the consumer has stopped partition 1; its log has the reason
       docs/runbooks/consumers.md#partitionstopped

accepted         1,235 events/s
refused          0 events/s
stored           7 events/s
not stored yet   100 records
until loss       6 d 23 h; Kafka keeps events 7 d
objects          12 since the consumer started
producer         ready
consumer         ready
versions         Headwater 1.0.0, Kafka 3.9
rates are of the last minute, and known ten seconds after the start

partition  chain end  log end  lag  waiting  until loss  state
        0      1,200    1,200    0        -           -  stored by the consumer
        1      1,200    1,300  100      9 s    6 d 23 h  stored by the consumer`,
  );
  assert.match(renderStatus(healthy), /^nothing is wrong\n/);
});

test('what the programs say is text on the page, whatever it is', () => {
  const reason = '<script>alert(1)</script>';
  const programs = [{ name: 'consumer', state: 'not-ready', reason }] as const;
  const page = renderPage({ ...healthy, programs, problems: findProblems({ ...healthy, programs }) });
  assert.equal(page.split('<script>').length, 2);
  assert.match(page, /not ready: &lt;script&gt;/);
});

test('a plot says in words what it shows', () => {
  const points = Array.from({ length: 721 }, (_, index) => [index * 5000, index] as const);
  const svg = renderPlot({ title: 'Events', unit: 'events/s', lines: [{ name: 'accepted', points }] });
  assert.match(svg, /aria-label="Events of the last 60 min, in events\/s: accepted 720 now, at most 720"/);
  assert.ok((/points="([^"]*)"/.exec(svg)?.[1]?.split(' ').length ?? 0) <= 241);
  assert.match(
    renderPlot({ title: 'Events', unit: 'events/s', lines: [] }),
    /A plot appears after ten seconds/,
  );
});
