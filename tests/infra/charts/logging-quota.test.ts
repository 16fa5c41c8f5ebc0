import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loggingQuota } from '../../../infra/charts/logging-quota.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { filebeatBuffer, filebeatLogging } from '../log-settings.ts';

const { production } = environments;

function quotaOf(logging: typeof production.logging) {
  const { cpuMillicores, memory, pods } = loggingQuota({ ...production, logging });
  return { cpuMillicores, mebibytes: memory.toMebibytes(), pods };
}

test('has room for a collector on the last of the nodes, and for the Job beside them', () => {
  const maxNodes = 65;
  assert.deepEqual(quotaOf({ ...production.logging, maxNodes }), {
    cpuMillicores: 65 * 200 + 50,
    mebibytes: 65 * 1024 + 128,
    pods: 66,
  });
});

test('has room for the indexers of every lane, and one more of each while they are rolled', () => {
  const without = quotaOf(filebeatLogging());
  const buffered = quotaOf(filebeatLogging(filebeatBuffer));
  assert.equal(buffered.pods - without.pods, 2 + 2 + 1 + 1 + 4);
  assert.equal(buffered.mebibytes - without.mebibytes, 10 * 2048);
});
