import * as pulumi from '@pulumi/pulumi';

/** A resource as the program registered it. */
export interface Registered {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Type and name of each resource that it waits for. */
  readonly waitsFor: readonly string[];
  readonly protect: boolean;
  readonly retainOnDelete: boolean;
  readonly timeouts: pulumi.CustomTimeouts;
}

export interface MockStack {
  readonly stack: string;
  /** Values by key, without the project's name. */
  readonly configuration: Readonly<Record<string, string>>;
  /** Keys among them that are kept in plain text. @default none */
  readonly plain?: readonly string[];
}

/** Runs a program against mocks in place of the engine, and returns what it registered, in that order. */
export async function register(
  program: () => unknown,
  { stack, configuration, plain = [] }: MockStack = { stack: 'dev', configuration: {} },
): Promise<readonly Registered[]> {
  const inputsOf = new Map<string, Record<string, unknown>>();
  const optionsOf = new Map<string, pulumi.ResourceOptions>();
  await pulumi.runtime.setMocks(
    {
      newResource: ({ type, name, inputs }) => {
        inputsOf.set(`${type} ${name}`, inputs as Record<string, unknown>);
        return { id: `${name}-id`, state: { arn: `arn:aws:mock:::${name}`, ...(inputs as object) } };
      },
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    'headwater',
    stack,
    false,
  );
  const keyed = (key: string): string => `headwater:${key}`;
  pulumi.runtime.setAllConfig(
    Object.fromEntries(Object.entries(configuration).map(([key, value]) => [keyed(key), value])),
    Object.keys(configuration)
      .filter((key) => !plain.includes(key))
      .map(keyed),
  );
  await pulumi.runtime.runInPulumiStack(async () => {
    pulumi.runtime.registerStackTransformation(({ type, name, opts }) => {
      optionsOf.set(`${type} ${name}`, opts);
      return undefined;
    });
    await program();
    return {};
  });
  // Registrations go on after the program has ended.
  await pulumi.runtime.disconnect();
  return [...optionsOf]
    .filter(([id]) => !id.startsWith('pulumi:pulumi:Stack '))
    .map(([id, options]) => {
      const custom = options as pulumi.CustomResourceOptions;
      const [type = '', name = ''] = id.split(' ');
      return {
        type,
        name,
        inputs: inputsOf.get(id) ?? {},
        waitsFor: [options.dependsOn ?? []].flat().map(nameOfResource),
        protect: options.protect ?? false,
        retainOnDelete: custom.retainOnDelete ?? false,
        timeouts: custom.customTimeouts ?? {},
      };
    });
}

function nameOfResource(resource: unknown): string {
  const { __pulumiType: type, __name: name } = resource as { __pulumiType: string; __name: string };
  return `${type} ${name}`;
}
