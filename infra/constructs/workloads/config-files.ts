import { createHash } from 'node:crypto';
import { ConfigMap } from 'cdk8s-plus-27';
import type { Construct } from 'constructs';
import { objectLabels, type Identity } from './labels.ts';

/** Annotation of a pod template with a hash of its configuration, so that a changed file rolls the pods. */
const HASH_ANNOTATION = 'headwater/config-hash';

export interface ConfigFilesProps {
  readonly name: string;
  readonly namespace: string;
  readonly identity: Identity;
  /** Text by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Content whose change must roll the pods. @default - all files */
  readonly rolling?: Readonly<Record<string, string>>;
}

/** Configuration files of one workload, in a ConfigMap. */
export class ConfigFiles extends ConfigMap {
  /** Annotations for the pod template that mounts these files. */
  readonly podAnnotations: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: ConfigFilesProps) {
    const { name, namespace, identity, files, rolling = files } = props;
    super(scope, id, {
      metadata: { name, namespace, labels: objectLabels(identity) },
      data: sortKeys(files),
    });
    this.podAnnotations = { [HASH_ANNOTATION]: hashOf(rolling) };
  }
}

/** Sixteen hexadecimal digits that change with any name or value. */
export function hashOf(value: Readonly<Record<string, unknown>>): string {
  return createHash('sha256')
    .update(JSON.stringify(sortKeys(value)))
    .digest('hex')
    .slice(0, 16);
}

/** Renders a Java properties file: sorted, one pair per line. Values must not contain line breaks. */
export function renderProperties(properties: Readonly<Record<string, string | number | boolean>>): string {
  return Object.entries(sortKeys(properties))
    .map(([key, value]) => `${key}=${String(value).replaceAll('\\', '\\\\')}\n`)
    .join('');
}

function sortKeys<T>(record: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));
}
