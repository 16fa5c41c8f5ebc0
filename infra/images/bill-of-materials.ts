import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runCommand } from '../local/command.ts';
import type { Host } from '../local/host.ts';
import type { ImageBuilder } from './image-builder.ts';
import type { OwnImage } from './own-images.ts';
import { installRuntimePackages } from './runtime-packages.ts';

const MAVEN_PLUGIN = 'org.cyclonedx:cyclonedx-maven-plugin:2.9.3:makeBom';

/** The part of CycloneDX that is read and written here. */
interface BillOfMaterials {
  readonly bomFormat: 'CycloneDX';
  readonly specVersion: string;
  readonly version: number;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly components?: readonly unknown[];
}

/** What npm writes of each package that it has installed. */
interface InstalledPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly license?: string;
}

/**
 * What an image holds, as CycloneDX JSON: the packages that were put into it, by Maven or by npm's lock file, and Debian's
 * packages, as the image itself lists them.
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
      : await listPackages(await installRuntimePackages(root, host, () => undefined));
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

/** From what npm has installed: `npm sbom` came with npm 10, and Debian 13 has 9.2. */
async function listPackages(directory: string): Promise<BillOfMaterials> {
  const text = await readFile(join(directory, 'node_modules/.package-lock.json'), 'utf8');
  const { packages } = JSON.parse(text) as { readonly packages: Readonly<Record<string, InstalledPackage>> };
  const components = Object.entries(packages).map(([path, found]) => npmPackage(path, found));
  return { bomFormat: 'CycloneDX', specVersion: '1.5', version: 1, components };
}

function npmPackage(path: string, { version, integrity = '', license }: InstalledPackage) {
  const name = path.replace(/^.*node_modules\//, '');
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  const [, sha512] = /(?:^| )sha512-(\S+)/.exec(integrity) ?? [];
  return {
    ...{ type: 'library', 'bom-ref': path, name, version, purl },
    ...(sha512 !== undefined && {
      hashes: [{ alg: 'SHA-512', content: Buffer.from(sha512, 'base64').toString('hex') }],
    }),
    ...(license !== undefined && { licenses: [{ expression: license }] }),
  };
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
