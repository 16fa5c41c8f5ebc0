import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface SearchDomainArgs {
  readonly domainName: string;
  /** Such as `OpenSearch_2.19`. */
  readonly engineVersion: string;
  readonly instanceType: string;
  /** One a zone. */
  readonly instances: 1 | 2 | 3;
  readonly volumeGi: number;
  readonly subnetIds: readonly string[];
  readonly securityGroupIds: readonly string[];
  /** First user, whose name and password the collectors log in with. */
  readonly login: { readonly username: pulumi.Input<string>; readonly password: pulumi.Input<string> };
  /** Neither the stack's end nor a change of the program deletes the domain. */
  readonly keepsData: boolean;
}

/** A search cluster for the pods' logs: inside the VPC, encrypted on disk and on the wire, behind a login. */
export class SearchDomain extends pulumi.ComponentResource {
  readonly endpoint: pulumi.Output<string>;

  constructor(name: string, args: SearchDomainArgs, options?: pulumi.ComponentResourceOptions) {
    super('headwater:aws:SearchDomain', name, {}, options);
    const { instances, login, keepsData } = args;

    const domain = new aws.opensearch.Domain(
      name,
      {
        domainName: args.domainName,
        engineVersion: args.engineVersion,
        clusterConfig: {
          instanceType: args.instanceType,
          instanceCount: instances,
          zoneAwarenessEnabled: instances > 1,
          ...(instances > 1 && { zoneAwarenessConfig: { availabilityZoneCount: instances } }),
        },
        ebsOptions: { ebsEnabled: true, volumeType: 'gp3', volumeSize: args.volumeGi },
        vpcOptions: { subnetIds: [...args.subnetIds], securityGroupIds: [...args.securityGroupIds] },
        encryptAtRest: { enabled: true },
        nodeToNodeEncryption: { enabled: true },
        domainEndpointOptions: { enforceHttps: true, tlsSecurityPolicy: 'Policy-Min-TLS-1-2-PFS-2023-10' },
        advancedSecurityOptions: {
          enabled: true,
          internalUserDatabaseEnabled: true,
          masterUserOptions: {
            masterUserName: login.username,
            masterUserPassword: pulumi.secret(login.password),
          },
        },
      },
      { parent: this, protect: keepsData, retainOnDelete: keepsData },
    );

    this.endpoint = domain.endpoint;
    this.registerOutputs({ endpoint: this.endpoint });
  }
}
