import { Size } from 'cdk8s';
import {
  Cpu,
  type ContainerResources,
  type ContainerSecurityContextProps,
  type PodSecurityContextProps,
} from 'cdk8s-plus-27';

/** User and group of our pods: above 10,000, so that it matches no user of the node. */
export const POD_USER = 10_001;

/** Pod-level security of the Pod Security profile `restricted`; `completeWorkload` adds its seccomp part. */
export const RESTRICTED_POD = {
  ensureNonRoot: true,
  user: POD_USER,
  group: POD_USER,
  fsGroup: POD_USER,
} as const satisfies PodSecurityContextProps;

/**
 * Container-level security of the same profile, with a read-only root file system. `completeWorkload` adds that every
 * capability is dropped.
 */
export const RESTRICTED_CONTAINER = {
  ensureNonRoot: true,
  user: POD_USER,
  group: POD_USER,
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
} as const satisfies ContainerSecurityContextProps;

/** Resources of one container. */
export interface ResourcesProps {
  /** CPU request in millicores. There is no limit, since a limit would leave idle CPU unused. */
  readonly cpuMillicores: number;
  /** Memory request and limit. */
  readonly memory: Size;
  /** Disk outside of volumes: logs, temporary files. cdk8s-plus renders it in whole GiB. @default Size.gibibytes(1) */
  readonly ephemeralStorage?: Size;
}

/** Resources of a container; the default of cdk8s-plus requests a whole core. */
export function containerResources(props: ResourcesProps): ContainerResources {
  const { cpuMillicores, memory, ephemeralStorage = Size.gibibytes(1) } = props;
  return {
    cpu: { request: Cpu.millis(cpuMillicores) },
    memory: { request: memory, limit: memory },
    ephemeralStorage: { request: ephemeralStorage, limit: ephemeralStorage },
  };
}
