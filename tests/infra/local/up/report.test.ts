import assert from 'node:assert/strict';
import test from 'node:test';
import { buildReport, renderReport } from '../../../../infra/local/up/report.ts';
import type { Verification } from '../../../../infra/local/verify.ts';

const whole: Verification = {
  ok: true,
  accepted: 20_000,
  refused: 3,
  unknown: 2,
  stored: 20_001,
  storedUnknown: 1,
  missing: 0,
  duplicate: 0,
  repeated: 0,
  unidentified: 0,
  others: 0,
  objects: 99,
  foreign: 0,
  records: 40_000,
  gaps: 0,
  overlaps: 0,
  recordedGaps: 0,
  absent: 0,
  commitSamples: 0,
  chains: [],
  violations: [],
};

test('what the client saw accepted is compared with what of it is stored', () => {
  const report = buildReport({ verification: whole, objects: 24, seconds: 8.04, failed: 0 });
  assert.deepEqual(report, {
    ok: true,
    accepted: 20_000,
    stored: 20_000,
    missing: 0,
    duplicate: 0,
    objects: 24,
    seconds: 8,
    eventsPerSecond: 2_488,
    failed: 0,
    unknownAttempts: 2,
    violations: {},
  });
  assert.equal(
    renderReport(report),
    [
      'accepted                  20,000',
      'stored                    20,000',
      'missing                        0',
      'duplicate                      0',
      'objects                       24',
      'seconds                        8',
      'events per second          2,488',
    ].join('\n'),
  );
});

test('an event that was never accepted, or a broken promise, is not ok and has its row', () => {
  const failed = buildReport({ verification: whole, objects: 1, seconds: 1, failed: 4 });
  assert(!failed.ok);
  assert.match(renderReport(failed), /^not accepted +4$/m);
  const violations = [{ name: 'gap', invariant: 'I5', count: 2, examples: [] }] as const;
  const broken = buildReport({
    verification: { ...whole, ok: false, violations },
    objects: 1,
    seconds: 1,
    failed: 0,
  });
  assert(!broken.ok);
  assert.match(renderReport(broken), /^gap +2$/m);
});
