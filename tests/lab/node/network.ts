import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { NODE_ADDRESS } from '../place.ts';

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
}
