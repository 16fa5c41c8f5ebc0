/** @typedef {{summary: string, program: string, args?: readonly string[], takes?: 'nothing'}} Command */

/**
 * Every subcommand: what it does, the program that it runs, and words that go before those of the user. One that takes nothing
 * has no usage text of its own.
 */
export const groups = {
  'the pipeline on this machine': {
    demo: {
      summary: 'sends a data set through the pipeline, and ends when every event is stored',
      program: 'infra/local/main.ts',
      args: ['up', '--once'],
    },
    up: { summary: 'the same, and runs until Ctrl-C', program: 'infra/local/main.ts', args: ['up'] },
    status: { summary: 'shows the running pipeline', program: 'infra/local/main.ts', args: ['status'] },
    down: { summary: 'stops the pipeline of up --detach', program: 'infra/local/main.ts', args: ['down'] },
  },
  'stored objects': {
    verify: { summary: 'checks every chain of objects in a bucket', program: 'infra/local/verify.mjs' },
    trace: { summary: 'finds the events of a request', program: 'infra/local/trace/main.ts' },
    resume: {
      summary: 'resumes a stopped partition',
      program: 'apps/consumer/resume/main.ts',
    },
  },
  'environments and their manifests': {
    synth: { summary: 'writes the manifests', program: 'infra/synth.ts' },
    diff: { summary: 'reports the effect of a change', program: 'infra/diff/main.ts' },
    secrets: { summary: 'lists the Secrets of an environment', program: 'infra/secrets.ts' },
    'keys new': { summary: 'makes a key for a client of a source', program: 'infra/keys.ts' },
    images: { summary: 'builds and pushes our own images', program: 'infra/images/main.ts' },
  },
  'the cluster of a Pulumi stack': {
    preview: {
      summary: 'shows what deploy would change',
      program: 'infra/pulumi/command/main.ts',
      args: ['preview'],
    },
    deploy: {
      summary: 'images, pulumi up, and a check of the running pods',
      program: 'infra/pulumi/command/main.ts',
      args: ['deploy'],
    },
    'grow-volume': {
      summary: 'gives volumes the sizes of the environment',
      program: 'infra/pulumi/command/main.ts',
      args: ['grow-volume'],
    },
  },
  'work on Headwater itself': {
    lab: { summary: 'a real Kubernetes on this machine', program: 'tests/lab/main.ts' },
    test: { summary: 'runs suites of tests', program: 'tests/runner/main.ts' },
    'test fresh': {
      summary: "the README's two commands on a bare Debian",
      program: 'tests/fresh/main.ts',
      takes: 'nothing',
    },
    'lint manifests': {
      summary: 'linters over all manifests',
      program: 'tests/policies/linters/main.ts',
      takes: 'nothing',
    },
    'lint workflows': {
      summary: 'actionlint over .github/workflows',
      program: 'tests/workflows/actionlint/main.ts',
      takes: 'nothing',
    },
    bench: { summary: 'benchmarks, with the alternatives', program: 'tests/bench/main.ts' },
    'bench synth': {
      summary: 'synth compared with helm template',
      program: 'tests/bench/helm/main.ts',
      takes: 'nothing',
    },
    'bench diff': {
      summary: 'diff compared with dyff',
      program: 'tests/bench/dyff/main.ts',
      takes: 'nothing',
    },
    'bench clients': { summary: 'Kafka clients for Node', program: 'tests/bench/kafka-clients/main.ts' },
  },
};

/** @type {Readonly<Record<string, Command>>} */
export const commands = Object.assign({}, ...Object.values(groups));

/** @returns {string} the text of `headwater --help` */
export function renderHelp() {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const sections = Object.entries(groups).map(([title, members]) =>
    [
      `${title}:`,
      ...Object.entries(members).map(([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`),
    ].join('\n'),
  );
  return `usage: npx headwater SUBCOMMAND [options]

${sections.join('\n\n')}

npx headwater SUBCOMMAND --help lists the options of one.
`;
}

/**
 * @param {readonly string[]} args
 * @returns {{name: string, command: Command, rest: readonly string[]} | undefined} undefined where there is no such subcommand
 */
export function findCommand(args) {
  for (const words of [2, 1]) {
    const name = args.slice(0, words).join(' ');
    if (args.length >= words && Object.hasOwn(commands, name)) {
      return { name, command: commands[name], rest: args.slice(words) };
    }
  }
  return undefined;
}
