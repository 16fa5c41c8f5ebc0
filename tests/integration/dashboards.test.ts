// Every query of every panel, as Grafana would ask it, of a Prometheus that scrapes what the dashboards show.
import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { environments } from '../../infra/environments/environments.ts';
import { waitUntil } from '../../infra/local/wait.ts';
import {
  NOT_RUN,
  queriesOf,
  selectorsOf,
  SERIES_LIMIT,
  type PanelQuery,
} from '../infra/dashboard-queries.ts';
import { needs } from '../runner/needs.ts';
import { load, startPipeline } from './metrics/pipeline.ts';
import { startPrometheus, type Prometheus } from './metrics/prometheus.ts';

/** Of a rate, which needs two scrapes. */
const WINDOW = '30s';

/** As Grafana fills it in. */
function filled(expression: string): string {
  return expression.replaceAll('$__rate_interval', WINDOW);
}

/** Those that show no line, or none whose name has all its labels. */
async function blank(prometheus: Prometheus, queries: readonly PanelQuery[]): Promise<PanelQuery[]> {
  const isShown = await Promise.all(
    queries.map(async ({ expression, legend }) => {
      const labels = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
      const samples = await prometheus.query(filled(expression));
      return samples.some(
        ({ metric, value }) => value[1] !== 'NaN' && labels.every((label) => metric[label] !== undefined),
      );
    }),
  );
  return queries.filter((_, index) => !isShown[index]);
}

function nameOf({ panel, expression }: PanelQuery): string {
  return `${panel}: ${expression}`;
}

for (const name of ['production', 'staging'] as const) {
  suite(`dashboards of ${name}`, needs('prometheus'), () => {
    test('every query of every panel returns series, and none where a metric is renamed', async (t) => {
      const environment = environments[name];
      const { producer, targets } = await startPipeline(t, environment);
      load(t, producer);
      const prometheus = await startPrometheus(t, targets);
      const queries = queriesOf(environment).filter(
        ({ expression }) => !NOT_RUN.some((metric) => expression.includes(`${metric}{`)),
      );
      // On a busy machine a scrape may fail, and take all of one server's series with it until the next.
      let without = queries;
      const isComplete = async (): Promise<boolean> =>
        (without = await blank(prometheus, without)).length === 0;
      await waitUntil(isComplete, { what: 'shown', deadlineMs: 120_000, everyMs: 1_000 }).catch(
        () => undefined,
      );
      assert.deepEqual(without.map(nameOf), []);

      const renamed = queries.flatMap((query) =>
        selectorsOf(query.expression).map((selector) => ({
          ...query,
          expression: query.expression.replace(selector, `renamed_${selector}`),
        })),
      );
      const isBlank = new Set(await blank(prometheus, renamed));
      assert.deepEqual(renamed.filter((query) => !isBlank.has(query)).map(nameOf), []);

      const selectors = [...new Set(queries.flatMap(({ expression }) => selectorsOf(expression)))];
      const pods: Readonly<Record<string, number>> = {
        'kafka-broker': environment.kafka.brokers,
        'producer-collection': environment.producer.replicas.min,
        'consumer-collection': environment.consumer.replicas.min,
        'kafka-controller': 3,
      };
      const series = (await prometheus.series(selectors))
        .map(({ job }) => pods[job?.split('/')[1] ?? ''] ?? 1)
        .reduce((sum, each) => sum + each, 0);
      t.diagnostic(`${series} series of ${selectors.length} selectors`);
      assert.ok(series > 100 && series <= SERIES_LIMIT, String(series));
    });
  });
}
