import { BlockList, isIPv4 } from 'node:net';
import type { Construct } from 'constructs';
import type { NetworkPeer } from '../constructs/cluster/network-policies.ts';
import { addWarning, requireThat } from '../constructs/workloads/requirements.ts';
import type { Environment } from '../environments/environment.ts';
import type { Outside } from '../environments/outside.ts';

/**
 * Address blocks that are not public: private and carrier networks, loopback, link-local, multicast and reserved
 * addresses.
 *
 * @see https://www.iana.org/assignments/iana-ipv4-special-registry/
 */
const NOT_PUBLIC = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '224.0.0.0/3',
];

/** Public host names of S3; a VPC endpoint has another name, and stable addresses. */
const PUBLIC_S3 = /(^|\.)s3([.-](?!vpce)[a-z0-9-]+)*\.amazonaws\.com(\.cn)?$/;

/** External hosts as peers of a network policy. */
export function addressesOf(addresses: Outside): NetworkPeer {
  return addresses === 'public'
    ? { kind: 'addresses', cidrs: ['0.0.0.0/0'], except: NOT_PUBLIC }
    : { kind: 'addresses', cidrs: addresses };
}

/**
 * Checks that the called external addresses are allowed. Only addresses can be compared here, since a host name is
 * resolved later.
 */
export function requireReachable(scope: Construct, environment: Environment): void {
  const { objectStore, logging, network } = environment;
  const { objectStoreCidrs, searchCidrs } = network;
  requireEndpoint(
    scope,
    ['objectStore.endpoint', objectStore.endpoint],
    ['network.objectStoreCidrs', objectStoreCidrs],
  );
  requireEndpoint(
    scope,
    ['logging.search.endpoint', logging.search.endpoint],
    ['network.searchCidrs', searchCidrs],
  );
  const { hostname } = new URL(objectStore.endpoint);
  if (PUBLIC_S3.test(hostname) && network.objectStoreCidrs !== 'public') {
    addWarning(
      scope,
      `${hostname}: S3 takes new addresses without notice, and an upload to one that network.objectStoreCidrs does not list ` +
        "times out. Set it to 'public', or keep the list as current as AWS' own (docs/network.md)",
    );
  }
}

function requireEndpoint(
  scope: Construct,
  [name, endpoint]: readonly [property: string, endpoint: string],
  [property, addresses]: readonly [property: string, addresses: Outside],
): void {
  const { hostname } = new URL(endpoint);
  if (!isIPv4(hostname)) return;
  requireThat(scope, includes(addresses, hostname), {
    subject: 'environment',
    property,
    value: addresses === 'public' ? addresses : addresses.join(', '),
    allowed: `blocks that include ${hostname}, the address of ${name}`,
    because: 'its network policy would not allow any pod to call it',
  });
}

function includes(addresses: Outside, address: string): boolean {
  return addresses === 'public' ? !blockList(NOT_PUBLIC).check(address) : blockList(addresses).check(address);
}

function blockList(cidrs: readonly string[]): BlockList {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [network = '', bits = ''] = cidr.split('/');
    list.addSubnet(network, Number(bits));
  }
  return list;
}
