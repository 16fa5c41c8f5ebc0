import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { environments } from '../../infra/environments/environments.ts';
import { everyEnvironment, objectsOf } from './platform-objects.ts';
import { customObjectPolicies } from './custom-objects.ts';
import { edgePolicies } from './edge.ts';
import { networkPolicyPolicies } from './network.ts';
import { referencePolicies } from './references.ts';
import { rightsPolicies } from './rights.ts';
import { securityPolicies } from './security.ts';
import { workloadPolicies } from './workloads.ts';

const policies = [
  ...workloadPolicies,
  ...securityPolicies,
  ...rightsPolicies,
  ...referencePolicies,
  ...networkPolicyPolicies,
  ...edgePolicies,
  ...customObjectPolicies,
];
const all = everyEnvironment();

for (const { title, violations, mutation, mutated = 'production' } of policies) {
  suite(title, () => {
    for (const { name, environment, objects } of all) {
      test(`holds in ${name}`, () => {
        assert.deepEqual(violations(objects, environment), []);
      });
    }
    test(`is broken by its mutation of ${mutated}`, () => {
      const environment = environments[mutated];
      const objects = objectsOf(environment);
      mutation(objects);
      assert.notDeepEqual(violations(objects, environment), []);
    });
  });
}
