import assert from 'node:assert/strict';
import test from 'node:test';
import { sumOf } from '../../../../infra/local/up/figures.ts';

const metrics = `# HELP records_total Records
# TYPE records_total counter
records_total{route="/upload",code="stored"} 12
records_total{route="/upload/batch",code="stored"} 3
records_total{route="/upload",code="too_large"} 4
records_total_more 100
lag{partition="0"} 1.5e3
`;

test('samples of one name are summed, over those with the label where one is named', () => {
  assert.equal(sumOf(metrics, 'records_total'), 19);
  assert.equal(sumOf(metrics, 'records_total', 'code="stored"'), 15);
  assert.equal(sumOf(metrics, 'lag'), 1500);
  assert.equal(sumOf(metrics, 'records'), 0);
});
