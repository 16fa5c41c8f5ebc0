import { Size } from 'cdk8s';
import {
  Cpu,
  type ContainerResources,
  type ContainerSecurityContextProps,
  type PodSecurityContextProps,
} from 'cdk8s-plus-27';

/** User and group of every pod of ours: above 10,000, so that it is nobody on the node. */
export const POD_USER = 10_001;

/** Pod-level security of the Pod Security profile `restricted`; `completeWorkload` adds its seccomp part. */
export const RESTRICTED_POD = {
  ensureNonRoot: true,
  user: POD_USER,
  group: POD_USER,
  fsGroup: POD_USER,
} as const satisfies PodSecurityContextProps;

/**
 * Container-level security of the same profile, and a root file system that nothing writes to. That every capability is
 * dropped is added by `completeWorkload`.
 */
export const RESTRICTED_CONTAINER = {
  ensureNonRoot: true,
  user: POD_USER,
  group: POD_USER,
  allowPrivilegeEscalation: false,
  privileged: false,
  readOnlyRootFilesystem: true,
} as const satisfies ContainerSecurityContextProps;

/** What one container asks for and may use. */
export interface ResourcesProps {
  /** CPU asked for, in thousandths of a core. There is no limit: an idle core is of no use to anyone. */
  readonly cpuMillicores: number;
  /** Memory, asked for and allowed alike. */
  readonly memory: Size;
  /** Disk for what is not in a volume of its own: logs, temporary files. cdk8s-plus writes it in whole GiB. @default Size.gibibytes(1) */
  readonly ephemeralStorage?: Size;
}

/** Resources of a container; cdk8s-plus' own default would ask for a whole core. */
export function containerResources(props: ResourcesProps): ContainerResources {
  const { cpuMillicores, memory, ephemeralStorage = Size.gibibytes(1) } = props;
  return {
    cpu: { request: Cpu.millis(cpuMillicores) },
    memory: { request: memory, limit: memory },
    ephemeralStorage: { request: ephemeralStorage, limit: ephemeralStorage },
  };
}
