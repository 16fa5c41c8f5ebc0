import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { stringify } from 'yaml';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { findFreePort } from '../../../infra/local/ports.ts';

/** A pod that Prometheus scrapes, with the labels that a PodMonitor would give its series. */
export interface Target {
  readonly job: string;
  /** `host:port` */
  readonly address: string;
}

/** One series as an instant query answers it. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: readonly [seconds: number, value: string];
}

export interface Prometheus {
  readonly query: (expression: string) => Promise<readonly Sample[]>;
  /** The labels of every series that one of the selectors matches. */
  readonly series: (selectors: readonly string[]) => Promise<readonly Sample['metric'][]>;
}

/** A Prometheus on loopback that scrapes every five seconds, and waits as long for an answer. It ends with the test. */
export async function startPrometheus(t: TestContext, targets: readonly Target[]): Promise<Prometheus> {
  const directory = mkdtempSync(join(tmpdir(), 'headwater-prometheus-'));
  const config = join(directory, 'prometheus.yaml');
  const jobs = [...new Set(targets.map(({ job }) => job))];
  writeFileSync(
    config,
    stringify({
      global: { scrape_interval: '5s' },
      scrape_configs: jobs.map((job) => ({
        job_name: job,
        static_configs: targets
          .filter((target) => target.job === job)
          .map(({ address }, ordinal) => ({
            targets: [address],
            labels: { namespace: job.split('/')[0], pod: `${job.split('/')[1]}-${ordinal}` },
          })),
      })),
    }),
  );
  const endpoint = `http://127.0.0.1:${await findFreePort()}`;
  const prometheus = new ManagedProcess({
    host: process,
    name: 'prometheus',
    directory,
    command: [
      'prometheus',
      `--config.file=${config}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${new URL(endpoint).host}`,
    ],
    isReady: async () => (await fetch(`${endpoint}/-/ready`)).ok,
  });
  t.after(async () => {
    await prometheus.stop();
    rmSync(directory, { recursive: true });
  });
  await prometheus.start();
  const ask = async <Data>(path: string, parameters: readonly [string, string][]): Promise<Data> => {
    const response = await fetch(`${endpoint}/api/v1/${path}`, {
      method: 'POST',
      body: new URLSearchParams([...parameters]),
    });
    const { data, error } = (await response.json()) as { readonly data?: Data; readonly error?: string };
    if (data === undefined)
      throw new Error(`prometheus: ${error ?? response.status}: ${parameters.join(' ')}`);
    return data;
  };
  return {
    query: async (expression) =>
      (await ask<{ readonly result: readonly Sample[] }>('query', [['query', expression]])).result,
    series: (selectors) =>
      ask(
        'series',
        selectors.map((selector): [string, string] => ['match[]', selector]),
      ),
  };
}
