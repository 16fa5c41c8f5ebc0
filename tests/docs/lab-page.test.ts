import assert from 'node:assert/strict';
import { test } from 'node:test';
import { production } from '../../infra/environments/production.ts';
import { renderDifferences } from './lab-page.ts';

test('a difference from production without a reason is refused, and a reason without a difference', () => {
  const other = { ...production, spread: 'preferred' } as const;
  const spread = { why: 'one node', properties: ['spread'] };
  assert.equal(renderDifferences(production, other, [spread]), '- one node: `spread`\n');
  assert.throws(
    () => renderDifferences(production, other, []),
    /^Error: spread differs, and no reason says why$/,
  );
  assert.throws(
    () => renderDifferences(production, production, [spread]),
    /^Error: spread has a reason, and does not differ$/,
  );
});
