/** One build, as both builders understand it. */
export interface BuildRequest {
  readonly reference: string;
  /** Absolute. */
  readonly dockerfile: string;
  /** Absolute: what `COPY` is relative to. */
  readonly context: string;
  /** Directories by the name that `COPY --from` takes. */
  readonly namedContexts: Readonly<Record<string, string>>;
  readonly arguments: Readonly<Record<string, string>>;
}

/** A program that builds images, and the images that it keeps on this machine. */
export interface ImageBuilder {
  readonly name: 'docker' | 'buildah';
  /** The labels of an image that this machine has, undefined where it has none of that name. */
  labelsOf(reference: string): Promise<Readonly<Record<string, string>> | undefined>;
  build(request: BuildRequest): Promise<void>;
  /** What the command prints in a container of the image, as the image's own user. */
  run(reference: string, command: readonly string[]): Promise<string>;
  /** Writes the image to a file that containerd imports. */
  save(reference: string, file: string): Promise<void>;
  /** Whether the registry has the image. */
  isPushed(reference: string): Promise<boolean>;
  push(reference: string): Promise<void>;
}
