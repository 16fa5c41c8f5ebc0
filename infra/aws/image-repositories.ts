import * as aws from '@pulumi/aws';
import * as pulumi from '@pulumi/pulumi';

export interface ImageRepositoriesArgs {
  /** Names of the repositories, such as `headwater/kafka`. */
  readonly repositories: readonly string[];
}

/** Images that nothing refers to any more go after this many newer ones. */
const KEPT_IMAGES = 100;

/** Where our own images are pushed: a tag, once there, is never another image. */
export class ImageRepositories extends pulumi.ComponentResource {
  readonly urls: readonly pulumi.Output<string>[];

  constructor(
    name: string,
    { repositories }: ImageRepositoriesArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('headwater:aws:ImageRepositories', name, {}, options);
    const parented = { parent: this };

    this.urls = repositories.map((repository) => {
      const id = `${name}-${repository.replaceAll('/', '-')}`;
      const { name: repositoryName, repositoryUrl } = new aws.ecr.Repository(
        id,
        {
          name: repository,
          imageTagMutability: 'IMMUTABLE',
          imageScanningConfiguration: { scanOnPush: true },
          encryptionConfigurations: [{ encryptionType: 'AES256' }],
        },
        parented,
      );
      new aws.ecr.LifecyclePolicy(
        `${id}-lifecycle`,
        { repository: repositoryName, policy: JSON.stringify(keepLast(KEPT_IMAGES)) },
        parented,
      );
      return repositoryUrl;
    });
    this.registerOutputs({ urls: this.urls });
  }
}

function keepLast(images: number) {
  return {
    rules: [
      {
        rulePriority: 1,
        description: `the last ${images} images`,
        selection: { tagStatus: 'any', countType: 'imageCountMoreThan', countNumber: images },
        action: { type: 'expire' },
      },
    ],
  };
}
