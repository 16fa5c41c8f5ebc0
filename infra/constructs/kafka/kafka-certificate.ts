import { ApiObject } from 'cdk8s';
import { Construct } from 'constructs';
import { objectLabels, type Identity } from '../workloads/labels.ts';

export interface KafkaCertificateProps {
  readonly namespace: string;
  readonly identity: Identity;
  /** Secret that cert-manager writes the certificate and its key into. */
  readonly secretName: string;
  /** Name of the ClusterIssuer that signs it; it must know its own authority, since brokers check each other by it. */
  readonly clusterIssuer: string;
  /** Every name by which a node is called. */
  readonly hosts: readonly string[];
}

/**
 * The certificate of all nodes, made by cert-manager: brokers show it to clients and to each other. Kafka reads it when it
 * starts; a renewed one is taken by the next roll, so it is renewed long before it ends.
 */
export class KafkaCertificate extends Construct {
  constructor(scope: Construct, id: string, props: KafkaCertificateProps) {
    super(scope, id);
    const { namespace, identity, secretName, clusterIssuer, hosts } = props;
    new ApiObject(this, 'Resource', {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'kafka', namespace, labels: objectLabels(identity) },
      spec: {
        secretName,
        issuerRef: { group: 'cert-manager.io', kind: 'ClusterIssuer', name: clusterIssuer },
        commonName: 'kafka',
        dnsNames: [...hosts],
        duration: '8760h',
        renewBefore: '2880h',
        // Kafka reads PKCS #8 alone.
        privateKey: { algorithm: 'ECDSA', encoding: 'PKCS8', size: 256, rotationPolicy: 'Always' },
        usages: ['digital signature', 'server auth', 'client auth'],
      },
    });
  }
}
