import { appendFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The container whose log is written, as the kubelet names its file. */
export const CONTAINER = { namespace: 'headwater', pod: 'producer-0', container: 'producer' } as const;

const PART_BYTES = 16 * 1024;

/** A log of one container as the runtime writes it: https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md */
export class ContainerLog {
  readonly path: string;
  #line = 0;

  private constructor(path: string) {
    this.path = path;
  }

  /** @param root what stands for the node's root directory */
  static async create(root: string, pod: string = CONTAINER.pod): Promise<ContainerLog> {
    const directory = join(root, 'var/log/containers');
    await mkdir(directory, { recursive: true });
    const { namespace, container } = CONTAINER;
    return new ContainerLog(join(directory, `${pod}_${namespace}_${container}-${'0'.repeat(64)}.log`));
  }

  /** Appends lines of an application; one that is longer than 16 KiB is cut, wherever that is in a character. */
  write(lines: readonly (string | Buffer)[], stream: 'stdout' | 'stderr' = 'stdout'): void {
    const written: Buffer[] = [];
    for (const line of lines) {
      const bytes = Buffer.from(line);
      for (let start = 0; start === 0 || start < bytes.length; start += PART_BYTES) {
        const part = bytes.subarray(start, start + PART_BYTES);
        const tag = start + PART_BYTES < bytes.length ? 'P' : 'F';
        written.push(Buffer.from(`${this.#nextTime()} ${stream} ${tag} `), part, Buffer.from('\n'));
      }
    }
    appendFileSync(this.path, Buffer.concat(written));
  }

  /** One microsecond later each time, from noon of this day: no two lines have the same. */
  #nextTime(): string {
    this.#line += 1;
    const day = new Date().toISOString().slice(0, 10);
    const seconds = String(Math.floor(this.#line / 1e6)).padStart(2, '0');
    return `${day}T12:00:${seconds}.${String(this.#line % 1e6).padStart(6, '0')}001Z`;
  }
}

/** `line 1`, `line 2`, … each as long as asked. */
export function numberedLines(count: number, { from = 1, bytes = 0 } = {}): string[] {
  return Array.from({ length: count }, (_, index) => `line ${from + index}`.padEnd(bytes, ' .'));
}

/** What a Java program prints of an exception that has causes. */
export const STACK_TRACE: readonly string[] = [
  'Exception in thread "main" java.lang.RuntimeException: cannot start',
  '\tat example.Main.main(Main.java:7)',
  '\tSuppressed: java.io.IOException: cannot close',
  '\t\tat example.Main.close(Main.java:12)',
  'Caused by: java.lang.IllegalStateException: not ready',
  '\tat example.Store.open(Store.java:40)',
  '\t... 1 more',
  'Caused by: java.net.ConnectException: refused',
  '\t... 2 more',
];
