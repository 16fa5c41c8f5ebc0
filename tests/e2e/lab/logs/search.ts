import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { lab } from '../../../../infra/environments/lab.ts';
import { within } from '../../../lab/namespaces.ts';

/** A line of a pod as the search cluster has it. */
export interface LogDocument {
  readonly message: string;
  readonly kubernetes?: {
    readonly namespace?: string;
    readonly pod?: { readonly name?: string };
    readonly container?: { readonly name?: string };
  };
  /** Where it came by way of Kafka. */
  readonly kafka?: { readonly topic?: string };
}

/** The most that one answer holds. */
export const MOST_DOCUMENTS = 10_000;

/** @throws {Error} where the search cluster does not answer, or not with success */
export function ask(path: string, body?: object): unknown {
  const [program, ...words] = within(process);
  const args = [process.execPath, join(import.meta.dirname, 'ask-search.ts'), path];
  if (body !== undefined) args.push(JSON.stringify(body));
  const { status, stdout, stderr } = spawnSync(program, [...words, ...args], {
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    timeout: 30_000,
  });
  if (status !== 0) throw new Error(`search does not answer ${path}: ${stdout}${stderr}`);
  return JSON.parse(stdout) as unknown;
}

/** Every document that has a word in its message. */
export function documentsWith(word: string): LogDocument[] {
  const indices = `/${lab.logging.search.indexPrefix}-*`;
  ask(`${indices}/_refresh`);
  const { hits } = ask(`${indices}/_search`, {
    size: MOST_DOCUMENTS,
    query: { match: { message: word } },
    _source: [
      'message',
      'kubernetes.namespace',
      'kubernetes.pod.name',
      'kubernetes.container.name',
      'kafka.topic',
    ],
  }) as { hits: { hits: readonly { _source: LogDocument }[] } };
  return hits.hits.map(({ _source }) => _source);
}
