import assert from 'node:assert/strict';
import { test } from 'node:test';
import { alerts } from '../../../infra/charts/alerts.ts';
import { environments } from '../../../infra/environments/environments.ts';
import { everyOption } from '../../policies/options.ts';
import {
  dashboardObjects,
  NOT_RUN,
  PANEL_LIMIT,
  queriesOf,
  renderedDashboards,
} from '../dashboard-queries.ts';

/** Above which one looks for a panel instead of seeing it, and an API server refuses the object. */
const SIZE_LIMIT = 2 ** 18;

const watched = { 'every option': everyOption, staging: environments.staging };

for (const [name, environment] of Object.entries(watched)) {
  test(`${name}: every panel has a title of its own, a unit, and lines with short names`, () => {
    for (const { title, panels } of renderedDashboards(environment)) {
      assert.ok(panels.length > 0 && panels.length <= PANEL_LIMIT, title);
      assert.equal(new Set(panels.map((panel) => panel.title)).size, panels.length, title);
      for (const panel of panels) {
        assert.notEqual(panel.fieldConfig.defaults.unit ?? '', '', panel.title);
        const legends = panel.targets.map(({ legendFormat }) => legendFormat);
        assert.ok(
          legends.every((legend) => /^.{2,25}$/.test(legend)),
          panel.title,
        );
        assert.equal(new Set(legends).size, legends.length, panel.title);
      }
    }
  });

  test(`${name}: a dashboard fits into its object`, () => {
    for (const object of dashboardObjects(environment))
      assert.ok(JSON.stringify(object).length < SIZE_LIMIT, object.metadata.name);
  });

  test(`${name}: what no test can ask for is what alerts read too`, () => {
    const expressions = alerts(environment).map(({ expression }) => expression);
    const read = queriesOf(environment).filter(({ expression }) =>
      NOT_RUN.some((metric) => expression.includes(metric)),
    );
    assert.equal(read.length, 1);
    for (const { expression } of read)
      assert.ok(
        expressions.some((alert) => alert.includes(expression)),
        expression,
      );
  });
}
