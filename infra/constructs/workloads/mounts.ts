import type { Size } from 'cdk8s';
import { ConfigMap, HostPathVolumeType, Secret, Volume, type VolumeMount } from 'cdk8s-plus-27';
import { Construct } from 'constructs';
import type { ConfigFiles } from './config-files.ts';

/** A mount of something outside the image. */
export type Mount =
  /** Keys of a Secret as files. The Secret's name carries its version, so that a rotation rolls the pods. */
  | {
      readonly kind: 'secret';
      readonly secretName: string;
      readonly path: string;
      /** Which keys: a client needs the authority of a certificate, not its private key. @default - all */
      readonly keys?: readonly string[];
    }
  | { readonly kind: 'config'; readonly files: ConfigFiles; readonly path: string }
  /** Storage with the lifetime of its pod. */
  | { readonly kind: 'scratch'; readonly name: string; readonly path: string; readonly size: Size }
  /** A directory of the node; created if it is writable and missing. */
  | { readonly kind: 'host'; readonly name: string; readonly path: string; readonly writable: boolean };

/**
 * Volumes of a pod and their mounts; the volumes are children of the scope. A Secret with several mounts is one volume
 * with the keys of all of them.
 */
export function volumeMounts(scope: Construct, mounts: readonly Mount[]): VolumeMount[] {
  const volumes = new Construct(scope, 'Volumes');
  const secrets = new Map<string, Volume>();
  return mounts.map((mount) => {
    const known = mount.kind === 'secret' ? secrets.get(mount.secretName) : undefined;
    const mounted = known ?? volume(volumes, mount.kind === 'secret' ? withAllKeys(mount, mounts) : mount);
    if (mount.kind === 'secret') secrets.set(mount.secretName, mounted);
    return {
      path: mount.path,
      volume: mounted,
      readOnly:
        mount.kind === 'secret' || mount.kind === 'config' || (mount.kind === 'host' && !mount.writable),
    };
  });
}

type SecretMount = Extract<Mount, { kind: 'secret' }>;

/** Merges the keys of all mounts of a Secret; mounts all keys if one mount needs all. */
function withAllKeys({ kind, secretName, path }: SecretMount, mounts: readonly Mount[]): SecretMount {
  const wanted = mounts
    .filter((mount) => mount.kind === 'secret')
    .filter((mount) => mount.secretName === secretName)
    .map(({ keys }) => keys);
  const keys = [...new Set(wanted.flatMap((some) => some ?? []))];
  return { kind, secretName, path, ...(!wanted.includes(undefined) && { keys }) };
}

function volume(scope: Construct, mount: Mount): Volume {
  switch (mount.kind) {
    case 'secret': {
      const secret = Secret.fromSecretName(scope, `Secret-${mount.secretName}`, mount.secretName);
      return Volume.fromSecret(scope, `Volume-${mount.secretName}`, secret, {
        name: mount.secretName,
        defaultMode: 0o440,
        ...(mount.keys && { items: Object.fromEntries(mount.keys.map((key) => [key, { path: key }])) }),
      });
    }
    case 'config': {
      const { name } = mount.files;
      return Volume.fromConfigMap(
        scope,
        `Volume-${name}`,
        ConfigMap.fromConfigMapName(scope, `Files-${name}`, name),
        {
          name,
        },
      );
    }
    case 'scratch':
      return Volume.fromEmptyDir(scope, mount.name, mount.name, { sizeLimit: mount.size });
    case 'host':
      return Volume.fromHostPath(scope, mount.name, mount.name, {
        path: mount.path,
        type: mount.writable ? HostPathVolumeType.DIRECTORY_OR_CREATE : HostPathVolumeType.DIRECTORY,
      });
  }
}
