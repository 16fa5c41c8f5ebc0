// `node tests/bench/dyff/causes.ts`: how long the causes of changed properties take, all environments, once both sides are
// synthesized. Prints milliseconds, those of all processors, and how many changes and causes were found.
import { join } from 'node:path';
import { mergeAttributions, type EnvironmentSides } from '../../../infra/diff/causes/attribute.ts';
import { loadCode } from '../../../infra/diff/causes/checkout-code.ts';
import { findCauses } from '../../../infra/diff/causes/find-causes.ts';
import { compareEnvironments } from '../../../infra/diff/causes/property-changes.ts';
import { environments, type EnvironmentName } from '../../../infra/environments/environments.ts';
import { plain } from '../../infra/diff/pull-request.ts';
import { changeByChance } from '../../infra/diff/causes/random-changes.ts';

const ROOT = join(import.meta.dirname, '../../..');
/** In each environment. */
const PROPERTIES = 20;

const code = await loadCode(ROOT);
const sides = (Object.keys(environments) as EnvironmentName[]).map((environment): EnvironmentSides => {
  const value = plain(environments[environment]);
  const after = changeOfSize(environment);
  const sideOf = (side: typeof value) => ({ value: side, objects: code.synthesize(side).objects });
  return { environment, before: sideOf(value), after: sideOf(after) };
});

/** By the first seed that leaves as many. */
function changeOfSize(environment: EnvironmentName) {
  const value = plain(environments[environment]);
  for (let seed = 0; ; seed += 1) {
    const after = changeByChance(environment, PROPERTIES + 8, seed, code);
    if (compareEnvironments(value, after).length === PROPERTIES) return after;
  }
}

const began = performance.now();
const spentBefore = process.cpuUsage();
const { attributions, error } = await findCauses(ROOT, sides);
const milliseconds = Math.round(performance.now() - began);
const { user, system } = process.cpuUsage(spentBefore);
if (error !== undefined) throw new Error(error);
const { changes, causes } = mergeAttributions(attributions);
const processorMs = Math.round((user + system) / 1000);
console.log(JSON.stringify({ milliseconds, processorMs, changes: changes.length, causes: causes.length }));
