import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { commandOutput, runCommand } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import type { ImageBuilder } from './image-builder.ts';
import type { OwnImage } from './own-images.ts';
import { installRuntimePackages } from './runtime-packages.ts';

const MAVEN_PLUGIN = 'org.cyclonedx:cyclonedx-maven-plugin:2.9.3:makeBom';

/** The part of CycloneDX that is read and written here. */
interface BillOfMaterials {
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly components?: readonly unknown[];
}

/**
 * What an image holds, as CycloneDX JSON: npm's or Maven's own list of the packages that were put into it, and Debian's
 * list of those that it stands on, asked of the image itself.
 */
export async function billOfMaterials(
  root: string,
  host: Host,
  builder: ImageBuilder,
  { fetched }: OwnImage,
  reference: string,
): Promise<string> {
  const packages: BillOfMaterials =
    fetched.context === 'jars'
      ? await listJars(join(root, 'images', fetched.set, 'pom.xml'), host)
      : await listPackages(await installRuntimePackages(root, host, () => undefined), host);
  const debian = await builder.run(reference, [
    'dpkg-query',
    '--show',
    '--showformat=${Package}\\t${Version}\\t${Architecture}\\n',
  ]);
  const [repository = reference, version = ''] = reference.split(/:(?=[^/:]*$)/);
  const component = { type: 'container', 'bom-ref': reference, name: repository, version };
  const components = [
    ...(packages.components ?? []),
    ...debian.split('\n').filter(Boolean).map(debianPackage),
  ];
  return `${JSON.stringify({ ...packages, metadata: { ...packages.metadata, component }, components }, null, 2)}\n`;
}

async function listPackages(directory: string, host: Host): Promise<BillOfMaterials> {
  const output = await commandOutput('npm', ['sbom', '--sbom-format=cyclonedx'], { host, cwd: directory });
  return JSON.parse(output) as BillOfMaterials;
}

async function listJars(pom: string, host: Host): Promise<BillOfMaterials> {
  const directory = await mkdtemp(join(tmpdir(), 'headwater-bom-'));
  try {
    const output = [`-DoutputDirectory=${directory}`, '-DoutputName=bom', '-DoutputFormat=json'];
    await runCommand('mvn', ['--batch-mode', '--file', pom, MAVEN_PLUGIN, ...output], {
      host,
      cwd: directory,
    });
    return JSON.parse(await readFile(join(directory, 'bom.json'), 'utf8')) as BillOfMaterials;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function debianPackage(line: string) {
  const [name = '', version = '', architecture = ''] = line.split('\t');
  const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${architecture}`;
  return { type: 'library', 'bom-ref': purl, name, version, purl };
}
