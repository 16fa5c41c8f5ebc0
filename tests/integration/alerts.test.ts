// The rules as Prometheus evaluates them: for what must fire, for what must not, and with what they watch gone.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { alerts } from '../../infra/charts/alerts.ts';
import type { Alert } from '../../infra/constructs/cluster/monitoring.ts';
import type { Environment } from '../../infra/environments/environment.ts';
import { environments } from '../../infra/environments/environments.ts';
import { toMs, type Period } from '../../infra/environments/quantities.ts';
import { everyOption } from '../policies/options.ts';
import { collectionFaults } from './alerts/faults/collection.ts';
import type { Change, Fault } from './alerts/faults/fault.ts';
import { kafkaFaults } from './alerts/faults/kafka.ts';
import { retentionFaults } from './alerts/faults/retention.ts';
import { surroundingFaults } from './alerts/faults/surroundings.ts';
import { healthySeries } from './alerts/healthy.ts';
import { evaluate, type Scenario, type Value } from './alerts/promtool.ts';
import { ROLL_MINUTES, rollChanges } from './alerts/roll.ts';
import { needs } from '../runner/needs.ts';

/** One with ZooKeeper and our own ingress controller, one with controllers of Kafka's own and a Gateway. */
const watched: Readonly<Record<string, Environment>> = {
  'every option': everyOption,
  staging: environments.staging,
};

/** Of these none may ever be: nothing was answered yet, nothing was lost yet. */
const MAY_BE_ABSENT = ['headwater_producer_records_total', 'headwater_consumer_gap_offsets_total'];

/** After which alerts on what is missing have said so: all but those on what may be away for long. */
const SAID_AFTER_MINUTES = [17, 65] as const;

function scenario(
  title: string,
  environment: Environment,
  changes: readonly Change[],
  asked: Scenario['asked'],
): Scenario {
  const series = new Map(
    [...healthySeries(environment)].map(([name, value]) => [name, [value, value] as [Value, Value]]),
  );
  for (const [which, value, before] of changes) {
    const names = typeof which === 'string' ? [which] : [...series.keys()].filter((name) => which.test(name));
    assert.ok(names.length > 0, `${title}: no series matches ${String(which)}`);
    for (const name of names) series.set(name, [before ?? series.get(name)?.[0] ?? 'absent', value]);
  }
  return { title, series, asked };
}

/** Fires when it has lasted, not a minute before, and nothing else does; what comes close does not fire it at all. */
function scenariosOf(environment: Environment, alert: Alert, fault: Fault, mutated: boolean): Scenario[] {
  const { name, lasting } = alert;
  const { what, changes, also = [], healthyMinutes = 10, almost, almostChanges } = fault;
  const minute = toMs(lasting as Period) / 60_000 + 2;
  const asked = mutated || also === 'any' ? { about: name, firing: [name] } : { firing: [name, ...also] };
  const title = `${name}: ${what}`;
  return [
    {
      ...scenario(title, environment, changes, [
        ...(minute > 3 ? [{ minute: minute - 3, about: name, firing: [] }] : []),
        { minute, ...asked },
      ]),
      healthyMinutes,
    },
    {
      ...scenario(`${title}, but ${almost}`, environment, almostChanges, [
        { minute, about: name, firing: [] },
        { minute: minute + 9, about: name, firing: [] },
      ]),
      healthyMinutes,
    },
  ];
}

function report(failures: ReadonlyMap<string, string>): string[] {
  return [...failures].map(([title, text]) => `${title}\n${text}`);
}

const mutations: readonly (readonly [what: string, mutate: (expression: string) => string])[] = [
  ['a metric is renamed', (expression) => expression.replaceAll(/([a-z]\w+)\{/g, '$1_renamed{')],
  ['a threshold is inverted', inverted],
  ['what is absent counts as nothing', (expression) => expression.replaceAll(' or vector(0)', '')],
];

for (const [name, environment] of Object.entries(watched)) {
  const rules = alerts(environment);
  const faults = [
    ...kafkaFaults(environment),
    ...collectionFaults(environment),
    ...retentionFaults(environment),
    ...surroundingFaults(environment),
  ];
  const faultsOf = (rule: Alert): Fault[] => faults.filter(({ alert }) => alert === rule.name);

  suite(`alerts of ${name}`, needs('promtool'), () => {
    test('every alert has a fault that fires it, and something close to it that does not', () => {
      assert.deepEqual(
        rules.filter((rule) => faultsOf(rule).length === 0).map((rule) => rule.name),
        [],
      );
      const scenarios = rules.flatMap((rule) =>
        faultsOf(rule).flatMap((fault) => scenariosOf(environment, rule, fault, false)),
      );
      assert.deepEqual(report(evaluate(rules, scenarios)), []);
    });

    test('nothing fires while nothing is wrong, nor in a roll of everything', () => {
      const healthy = scenario('healthy', environment, [], [{ minute: 120, firing: [] }]);
      const minutes = Array.from({ length: ROLL_MINUTES }, (_, minute) => ({ minute, firing: [] }));
      const roll = scenario('roll', environment, rollChanges(environment), minutes);
      assert.deepEqual(report(evaluate(rules, [healthy, roll])), []);
    });

    test('where what an alert is made of is gone, some alert says so', () => {
      const metrics = new Set(
        [...healthySeries(environment).keys()].map((series) => series.split('{')[0] ?? ''),
      );
      const read = rules.flatMap(({ expression }) => expression.match(/[a-z]\w+(?=\{)/g) ?? []);
      assert.deepEqual(new Set(read), metrics);
      let silent = [...metrics].filter((metric) => !MAY_BE_ABSENT.includes(metric));
      for (const minute of SAID_AFTER_MINUTES) {
        const scenarios = silent.map((metric) =>
          scenario(metric, environment, [[new RegExp(`^${metric}\\{`), 'absent']], [{ minute, firing: [] }]),
        );
        const said = evaluate(rules, scenarios);
        silent = silent.filter((metric) => !said.has(metric));
      }
      assert.deepEqual(silent, []);
    });

    for (const [what, mutate] of mutations) {
      test(`no alert passes its own test where ${what}`, () => {
        const known = name === 'staging' ? alerts(everyOption) : [];
        const passed = rules
          .map((rule) => ({ ...rule, expression: mutate(rule.expression), before: rule.expression }))
          .filter(({ expression, before }) => expression !== before)
          .filter(({ before }) => !known.some((rule) => rule.expression === before))
          .filter((rule) => {
            const scenarios = faultsOf(rule).flatMap((fault) => scenariosOf(environment, rule, fault, true));
            return evaluate([rule], scenarios).size === 0;
          });
        assert.deepEqual(
          passed.map(({ name: passing, expression }) => `${passing}: ${expression}`),
          [],
        );
      });
    }
  });
}

/** The last comparison the other way round. */
function inverted(expression: string): string {
  const opposite: Readonly<Record<string, string>> = {
    '<': '>=',
    '>': '<=',
    '>=': '<',
    '==': '!=',
    '!=': '==',
  };
  return expression.replace(/ (<|>|>=|==|!=) ([\d.]+)$/, (_, comparison: string, value: string) => {
    return ` ${opposite[comparison] ?? comparison} ${value}`;
  });
}
