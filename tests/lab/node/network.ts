import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { NODE_ADDRESS } from '../place.ts';
import { POD_BRIDGE } from './configuration.ts';

/** In which the kernel holds new connections until the program that enforces the network policies has judged them. */
export const POLICY_QUEUE = 100;

/**
 * Makes the network that the process is in, and that is new, one of a node: it has one address of its own, on a bridge
 * without ports, and no way out.
 */
export function setUpNetwork(): void {
  const ip = (...args: readonly string[]): void => {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  };
  ip('link', 'set', 'lo', 'up');
  ip('link', 'add', 'lab0', 'type', 'bridge');
  ip('address', 'add', `${NODE_ADDRESS}/32`, 'dev', 'lab0');
  ip('link', 'set', 'lab0', 'up');
  // A Service's address is given its pod's on the way out, so there must be a way.
  ip('route', 'add', 'default', 'dev', 'lab0', 'src', NODE_ADDRESS);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  writeFileSync('/proc/sys/net/bridge/bridge-nf-call-iptables', '1');
  queueNewConnections();
}

/**
 * Has every new connection of pods judged, after a Service's address has become that of a pod. Nothing passes while
 * nobody judges: pods that run before their policies are known would else be open. What the node itself opens, as the
 * kubelet's probes and the ingress do, is not asked about.
 */
function queueNewConnections(): void {
  const newConnections = [
    '-m',
    'conntrack',
    '--ctstate',
    'NEW',
    '-j',
    'NFQUEUE',
    '--queue-num',
    String(POLICY_QUEUE),
  ];
  const fromPods = ['INPUT', '--in-interface', POD_BRIDGE];
  const append = (...rule: readonly string[]): void => {
    execFileSync('iptables', ['--wait', '--table', 'mangle', '--append', ...rule], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  };
  append('FORWARD', ...newConnections);
  // CoreDNS is no pod here, so no policy can name it: it is open to all.
  for (const protocol of ['udp', 'tcp']) {
    append(...fromPods, '--protocol', protocol, '--dport', '53', '-j', 'ACCEPT');
  }
  // What stands beside the cluster has the node's address.
  append(...fromPods, ...newConnections);
}
