import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import type { ManifestObject } from '../../../infra/diff/objects.ts';

function object(kind: string, fields: object, metadata: object = {}): ManifestObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'it', namespace: 'here', ...metadata }, ...fields };
}

function changesBetween(before: ManifestObject, after: ManifestObject): readonly Change[] {
  return findChanges({ dev: [before] }, { dev: [after] });
}

/** `applied-in-place spec.groups[one].rules[Down/critical].expr` */
function told(before: ManifestObject, after: ManifestObject): readonly string[] {
  return changesBetween(before, after).map(({ consequence, path }) => `${consequence} ${path}`);
}

const BROKER = { 'app.kubernetes.io/name': 'kafka', 'app.kubernetes.io/component': 'broker' };

function brokers(replicas: number, labels: object = BROKER): ManifestObject {
  return object('StatefulSet', { spec: { replicas, volumeClaimTemplates: [] } }, { labels });
}

test('what follows from a broker more, and from one fewer, is said', () => {
  const [more] = changesBetween(brokers(3), brokers(4));
  assert.equal(more?.consequence, 'capacity');
  assert.match(more.why, /is empty until you move partitions to it/);
  const [fewer] = changesBetween(brokers(5), brokers(3));
  assert.equal(fewer?.consequence, 'data-at-risk');
  assert.match(fewer.why, /first move their replicas to the remaining brokers/);
  const [servers] = changesBetween(brokers(3, {}), brokers(5, {}));
  assert.equal(servers?.rule, 'replicas');
});

const alert = (alert: string, expr: string, severity = 'critical') => ({ alert, expr, labels: { severity } });
const rulesOf = (...rules: readonly object[]) =>
  object('PrometheusRule', { spec: { groups: [{ name: 'one', rules }] } });
const [down, slow] = [alert('Down', 'up == 0'), alert('Slow', 'latency > 1')];

test('of a PrometheusRule the rule that changes is named, and what of it', () => {
  const place = 'spec.groups[one].rules';
  assert.deepEqual(told(rulesOf(down, slow), rulesOf(down, alert('Slow', 'latency > 2'))), [
    `applied-in-place ${place}[Slow/critical].expr`,
  ]);
  assert.deepEqual(told(rulesOf(down, slow), rulesOf(slow)), [`applied-in-place ${place}[Down/critical]`]);
  assert.match(
    changesBetween(rulesOf(down, slow), rulesOf(slow))[0]?.why ?? '',
    /no longer reports its condition/,
  );
  assert.deepEqual(told(rulesOf(down), rulesOf(slow, down)), [`applied-in-place ${place}[Slow/critical]`]);
  assert.deepEqual(told(rulesOf(down, slow), rulesOf(slow, down)), [`applied-in-place ${place}.order`]);
  const twice = [alert('Down', 'up == 0', 'warning'), down];
  assert.deepEqual(told(rulesOf(...twice), rulesOf(...twice.with(0, alert('Down', 'up < 1', 'warning')))), [
    `applied-in-place ${place}[Down/warning].expr`,
  ]);
  const recorded = (expr: string) => rulesOf({ record: 'rate', expr }, down);
  assert.deepEqual(told(recorded('a'), recorded('b')), [`applied-in-place ${place}[rate].expr`]);
});

/** A dashboard of panels with one query each, as Grafana's sidecar finds it. */
function dashboardOf(...panels: readonly (readonly [title: string, expr: string])[]): ManifestObject {
  const drawn = panels.map(([title, expr], index) => ({
    id: index + 1,
    title,
    gridPos: { x: 12 * (index % 2), y: 8 * Math.floor(index / 2) },
    targets: [{ refId: 'A', expr }],
  }));
  const data = { 'here-it.json': JSON.stringify({ panels: drawn }) };
  return object('ConfigMap', { data }, { labels: { grafana_dashboard: '1' } });
}

test('of a dashboard the panel that changes is named; that others move does nothing, and no pod restarts', () => {
  const place = 'data[here-it.json].panels';
  const before = dashboardOf(['Lag', 'lag'], ['Size', 'size']);
  assert.deepEqual(told(before, dashboardOf(['Lag', 'max(lag)'], ['Size', 'size'])), [
    `applied-in-place ${place}[Lag].targets[A].expr`,
  ]);
  const more = told(before, dashboardOf(['Lag', 'lag'], ['Age', 'age'], ['Size', 'size']));
  assert.deepEqual(
    more.filter((line) => !line.startsWith('nothing ')),
    [`applied-in-place ${place}[Age]`],
  );
  assert.ok(more.some((line) => line === `nothing ${place}[Size].id`));
  const hidden = { ...before, metadata: { ...before.metadata, labels: {} } };
  assert.deepEqual(
    changesBetween(before, hidden).map(({ consequence, why }) => `${consequence}: ${why}`),
    ["applied-in-place: Grafana's sidecar finds dashboards by it"],
  );
});

/** Labels and annotations of the same object, and whether nothing reads them. */
const READ: readonly (readonly [string, object, string])[] = [
  ['Service', { labels: { team: 'data' } }, 'nothing'],
  ['Service', { annotations: { contact: 'data' } }, 'nothing'],
  ['ServiceAccount', { annotations: { 'eks.amazonaws.com/role-arn': 'arn:aws:iam::1:role/a' } }, 'rights'],
  ['Gateway', { annotations: { 'cert-manager.io/cluster-issuer': 'a' } }, 'applied-in-place'],
  ['ScaledObject', { annotations: { 'autoscaling.keda.sh/paused': 'true' } }, 'applied-in-place'],
  ['PrometheusRule', { labels: { release: 'prometheus' } }, 'applied-in-place'],
];

for (const [kind, metadata, consequence] of READ) {
  test(`${kind} ${JSON.stringify(metadata)}: ${consequence}`, () => {
    const [field = ''] = Object.keys(metadata);
    const before = object(kind, {}, { [field]: { 'example/other': 'x' } });
    const held = (metadata as Readonly<Record<string, object>>)[field];
    const after = object(kind, {}, { [field]: { 'example/other': 'x', ...held } });
    assert.deepEqual(
      changesBetween(before, after).map((change) => change.consequence),
      [consequence],
    );
  });
}

test('a bound that is lowered by one is lowered, however large', () => {
  const topics = (ms: string) =>
    object('Job', {
      spec: {
        template: {
          spec: {
            containers: [
              {
                name: 'one',
                env: [{ name: 'TOPICS', value: `[{"name":"a","configs":{"retention.ms":${ms}}}]` }],
              },
            ],
          },
        },
      },
    });
  const [change] = changesBetween(topics('9007199254740993'), topics('9007199254740992'));
  assert.equal(change?.consequence, 'data-deleted-sooner');
});
