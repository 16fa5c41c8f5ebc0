import { randomBytes } from 'node:crypto';
import { LOG_LANE_LABEL } from '../../../../infra/constructs/logs/filebeat-scripts.ts';
import { lab } from '../../../../infra/environments/lab.ts';
import { ownReferences } from '../../../../infra/images.ts';
import { waitUntil } from '../../../../infra/local/wait.ts';
import type { Cluster } from '../../../lab/cluster.ts';
import { RESTRICTED } from '../../../lab/pipeline-pod.ts';
import { type LogDocument, documentsWith, MOST_DOCUMENTS } from './search.ts';

const CONTAINER = 'lines';
/** What is wrong with the lines of a pod in the search cluster: nothing, where all three are empty. */
export interface Faults {
  readonly missing: readonly number[];
  readonly twice: readonly number[];
  /** Documents that do not say which pod, namespace and container they are from. */
  readonly unnamed: readonly LogDocument[];
}

export const FAULTLESS: Faults = { missing: [], twice: [], unnamed: [] };

export interface WrittenLines {
  readonly lines: number;
  /** The lane of the log buffer that the pod asks for by its label. @default none */
  readonly lane?: string;
  /** How many it writes before it rests for half a second. @default 25 */
  readonly burst?: number;
}

/** Writes `<word> <number> of <lines>`, 50 a second, and waits until it is deleted. */
export class NumberedLines {
  /** In every line, and in no other pod's. */
  readonly word = `lines${randomBytes(6).toString('hex')}`;
  readonly lines: number;
  readonly #cluster: Cluster;
  readonly #labels: Readonly<Record<string, string>>;
  readonly #burst: number;

  constructor(cluster: Cluster, { lines, lane, burst = 25 }: WrittenLines) {
    if (lines >= MOST_DOCUMENTS) throw new Error(`lines must be below ${MOST_DOCUMENTS}, got ${lines}`);
    this.#cluster = cluster;
    this.lines = lines;
    this.#labels = lane === undefined ? {} : { [LOG_LANE_LABEL]: lane };
    this.#burst = burst;
  }

  start(): void {
    const script = `n=0
while [ $n -lt ${this.lines} ]; do
  n=$((n + 1)); echo "${this.word} $n of ${this.lines}"
  [ $((n % ${this.#burst})) -ne 0 ] || sleep 0.5
done
exec sleep 3600`;
    this.#cluster.apply([
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name: this.word, namespace: lab.namespaces.pipeline, labels: this.#labels },
        spec: {
          automountServiceAccountToken: false,
          terminationGracePeriodSeconds: 1,
          containers: [
            {
              name: CONTAINER,
              image: ownReferences().producer,
              imagePullPolicy: 'Never',
              command: ['/bin/sh', '-c', script],
              securityContext: { ...RESTRICTED, readOnlyRootFilesystem: true },
              resources: {
                requests: { cpu: '10m', memory: '32Mi', 'ephemeral-storage': '64Mi' },
                limits: { memory: '32Mi', 'ephemeral-storage': '64Mi' },
              },
            },
          ],
        },
      },
    ]);
  }

  remove(): void {
    this.#cluster.kubectl([
      'delete',
      'pod',
      '--namespace',
      lab.namespaces.pipeline,
      '--wait=false',
      this.word,
    ]);
  }

  /** Those that the search cluster has, in whatever order. */
  stored(): LogDocument[] {
    return documentsWith(this.word);
  }

  /** Waits until none is missing, or until the deadline. */
  async storedAll(deadlineMs: number): Promise<LogDocument[]> {
    let last: LogDocument[] = [];
    await waitUntil(
      () => {
        last = this.stored();
        return this.faults(last).missing.length === 0;
      },
      { what: 'all stored', deadlineMs, everyMs: 1_000 },
    ).catch(() => undefined);
    return last;
  }

  faults(documents: readonly LogDocument[]): Faults {
    const counts = new Map<number, number>();
    for (const { message } of documents) {
      const number = Number(message.split(' ')[1]);
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
    const expected = Array.from({ length: this.lines }, (_, index) => index + 1);
    return {
      missing: expected.filter((number) => !counts.has(number)),
      twice: [...counts].filter(([, count]) => count > 1).map(([number]) => number),
      unnamed: documents.filter(
        ({ kubernetes }) =>
          kubernetes?.pod?.name !== this.word ||
          kubernetes.namespace !== lab.namespaces.pipeline ||
          kubernetes.container?.name !== CONTAINER,
      ),
    };
  }
}
