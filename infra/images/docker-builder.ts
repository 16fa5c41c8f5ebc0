import { commandOutput } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import { buildArguments, succeeds } from './builder-command.ts';
import type { BuildRequest, ImageBuilder } from './image-builder.ts';

/** Docker's engine, building with BuildKit. */
export class DockerBuilder implements ImageBuilder {
  readonly name = 'docker';
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  async labelsOf(reference: string): Promise<Readonly<Record<string, string>> | undefined> {
    if (!(await succeeds(this.#docker('image', 'inspect', reference)))) return undefined;
    const text = await this.#docker('image', 'inspect', '--format', '{{json .Config.Labels}}', reference);
    return (JSON.parse(text) as Record<string, string> | null) ?? {};
  }

  async build(request: BuildRequest): Promise<void> {
    await this.#docker(...['buildx', 'build', '--load', '--progress', 'plain'], ...buildArguments(request));
  }

  async run(reference: string, [program, ...args]: readonly string[]): Promise<string> {
    return this.#docker('run', '--rm', '--entrypoint', program ?? '', reference, ...args);
  }

  async save(reference: string, file: string): Promise<void> {
    await this.#docker('save', '--output', file, reference);
  }

  async isPushed(reference: string): Promise<boolean> {
    return succeeds(this.#docker('buildx', 'imagetools', 'inspect', reference));
  }

  async push(reference: string): Promise<void> {
    await this.#docker('push', reference);
  }

  #docker(...args: readonly string[]): Promise<string> {
    return commandOutput('docker', args, { host: this.#host, cwd: '/' });
  }
}
