import type { ContainerLog } from './container-log.ts';

/** A collector of logs that runs on this machine with the configuration that the manifests give it. */
export interface Collector {
  /** Starts it; it goes on where it was. */
  start(): Promise<void>;
  /** As a pod is ended. */
  stop(): Promise<void>;
  /** As the kernel does it when memory is out. */
  kill(): Promise<void>;
  /** How many records it says the search cluster has refused for good. */
  refused(): Promise<number>;
  /** Whether it has taken in as much of a log as it does while nothing is delivered. */
  holdsBack(log: ContainerLog): Promise<boolean>;
}
