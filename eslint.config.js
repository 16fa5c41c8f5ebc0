import eslint from '@eslint/js';
import globals from 'globals';
import tseslint from 'typescript-eslint';

const APPS = ['consumer', 'indices', 'producer', 'topics', 'users'];

/** What neither programs nor infrastructure import, entries apart. */
const ABOVE = ['**/tests/**', '**/examples/**', '**/bin/**'];

/** What no construct knows: an environment, and what is made of the constructs. */
const OUTSIDE_CONSTRUCTS = [
  '**/environments/**',
  '**/images/**',
  '**/images.ts',
  '**/charts/**',
  '**/platform.ts',
  '**/synth.ts',
  '**/index.ts',
  '**/aws/**',
  '**/pulumi/**',
  '**/diff/**',
  '**/local/**',
  '**/apps/**',
  '@pulumi/*',
];

/** What nothing of a stack knows: how manifests are made, and the other entries. */
const OUTSIDE_PULUMI = [
  '**/images/**',
  '**/constructs/**/*.ts',
  // The names that a certificate must be for are those that the constructs call.
  '!**/constructs/kafka/kafka-hosts.ts',
  '**/charts/**',
  '**/diff/**',
  '**/local/**',
  '**/index.ts',
  '**/synth.ts',
  '**/apps/**',
];

/** What the pipeline on this machine does without. */
const OUTSIDE_LOCAL = [
  '**/pulumi/**',
  '**/images/**',
  '**/aws/**',
  '**/constructs/**',
  '**/charts/**',
  '**/diff/**',
  '**/platform.ts',
  '@pulumi/*',
];

/**
 * The direction of imports, folder by folder; ARCHITECTURE.md has what follows from it. `types` may be imported as types alone: that
 * is how infrastructure reads the applications' configuration without running their code.
 */
const directions = [
  ...appDirections(APPS),
  ...layers('kafka', ['records', 'connections', 'metadata', 'messages', 'group']),
  ...layers('consumer', ['object', 'store', 'chain', 'flow']),
  // What an upload is in Kafka is said by the port of the record log alone.
  {
    files: ['apps/producer/http/**'],
    forbid: ['**/infra/**', ...ABOVE, ...forbiddenApps(APPS, 'producer'), '**/kafka/**'],
    documentedClient: true,
  },
  {
    files: ['examples/**'],
    forbid: ['../*', '!../infra', '../infra/*', '!../infra/environments'],
  },
  { files: ['infra/images.ts'], forbid: ['./*.ts', './*/**', '**/apps/**', 'cdk8s*', '@pulumi/*'] },
  { files: ['infra/environments/**'], forbid: ['../**', 'cdk8s-plus*', '@pulumi/*'] },
  { files: ['infra/constructs/**'], forbid: OUTSIDE_CONSTRUCTS },
  ...rooms(
    'infra/constructs',
    ['workloads', 'cluster', 'zookeeper', 'kafka', 'logs', 'edge', 'events'],
    OUTSIDE_CONSTRUCTS,
  ),
  { files: ['infra/kafka-defaults.ts'], forbid: ['./**', '../**', 'cdk8s*', '@pulumi/*'] },
  {
    files: ['infra/charts/**'],
    forbid: [
      '**/images/**',
      '**/platform.ts',
      '**/synth.ts',
      '**/index.ts',
      '**/aws/**',
      '**/pulumi/**',
      '**/diff/**',
      '**/local/**',
      '@pulumi/*',
    ],
    types: ['**/apps/**'],
  },
  {
    files: ['infra/aws/**'],
    forbid: [
      '**/images/**',
      '**/images.ts',
      '**/constructs/**',
      '**/charts/**',
      '**/pulumi/**',
      '**/diff/**',
      '**/local/**',
      '**/platform.ts',
      '**/apps/**',
    ],
  },
  { files: ['infra/pulumi/**'], forbid: OUTSIDE_PULUMI },
  ...rooms('infra/pulumi', ['stack', 'preflight', 'program', 'command'], OUTSIDE_PULUMI),
  {
    files: ['infra/diff/**'],
    forbid: [
      '**/images/**',
      '**/charts/**',
      '**/platform.ts',
      '**/aws/**',
      '**/pulumi/**',
      '**/local/**',
      // What is kept outside the checkout is kept in one place.
      '!**/local/cache.ts',
      '!**/local/command.ts',
      '!**/local/host.ts',
      '**/constructs/**',
      '**/index.ts',
      '**/apps/**',
      '@pulumi/*',
    ],
  },
  {
    files: ['infra/images/**'],
    forbid: [
      '**/pulumi/**',
      '**/aws/**',
      '**/constructs/**',
      '**/charts/**',
      '**/diff/**',
      '**/index.ts',
      '**/apps/**',
      '@pulumi/*',
    ],
  },
  { files: ['infra/local/**'], forbid: OUTSIDE_LOCAL, types: ['**/apps/**'] },
  {
    // They read Kafka with the code of the programs; what is one program's they know by its types.
    files: ['infra/local/trace/**', 'infra/local/status/**'],
    forbid: OUTSIDE_LOCAL,
    types: APPS.map((app) => `**/apps/${app}/**`),
  },
];

function forbiddenBy({ files: [folder], forbid }) {
  return folder.startsWith('infra/') ? [...ABOVE, ...forbid] : forbid;
}

/**
 * An application knows what all share, and none of its siblings; what they share knows none of them: `kafka` stands on
 * `service`.
 */
function appDirections(apps) {
  return [...apps, 'kafka', 'service'].map((app) => ({
    files: [`apps/${app}/**`],
    forbid: ['**/infra/**', ...ABOVE, ...forbiddenApps(apps, app)],
    documentedClient: true,
  }));
}

function forbiddenApps(apps, app) {
  const siblings = app === 'service' ? [...apps, 'kafka'] : apps.filter((sibling) => sibling !== app);
  return siblings.map((sibling) => `**/${sibling}/**`);
}

/** Each layer of an application knows those before it. */
function layers(app, folders) {
  return folders.map((folder, index) => ({
    files: [`apps/${app}/${folder}/**`],
    forbid: [
      '**/infra/**',
      ...ABOVE,
      ...forbiddenApps(APPS, app),
      ...folders.slice(index + 1).map((later) => `**/${later}/**`),
    ],
    documentedClient: true,
  }));
}

/** Each room of a folder knows those before it. */
function rooms(folder, names, forbid) {
  return names.map((name, index) => ({
    files: [`${folder}/${name}/**`],
    forbid: [...forbid, ...names.slice(index + 1).map((later) => `../${later}/**`)],
  }));
}

/** What the makers of the Kafka client document and the programs use. All else of it goes by way of `apps/kafka/client.ts`. */
const documentedClient = {
  group: ['@platformatic/kafka'],
  allowImportNames: [
    'Admin',
    'ConfigDescription',
    'ConfigResourceTypes',
    'ConfigSources',
    'IncrementalAlterConfigOperationTypes',
    'ScramMechanisms',
  ],
  message: 'only apps/kafka/client.ts imports the protocol layer of the client (ARCHITECTURE.md)',
};

/** The files that may touch `process`: what is started from outside. Everything else takes values. */
const entries = [
  '**/main.ts',
  'infra/synth.ts',
  'infra/keys.ts',
  'infra/secrets.ts',
  'infra/index.ts',
  'infra/local/*.mjs',
  'infra/pulumi/program/check-node.cjs',
  'tests/**',
  '*.js',
  '*.mjs',
];

export default tseslint.config(
  // Another language: its compiler checks it.
  { ignores: ['dist/', 'node_modules/', 'tests/manifests/', 'apps/*/assembly/'] },
  eslint.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Deprecated for the second schema, which Grafana 12 reads by a feature toggle alone; the first one every Grafana reads.
      '@typescript-eslint/no-deprecated': [
        'error',
        {
          allow: [{ from: 'package', package: '@grafana/grafana-foundation-sdk', name: 'DashboardBuilder' }],
        },
      ],
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            { from: 'package', package: 'node:test', name: ['test', 'describe', 'it', 'suite'] },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
    },
  },
  { files: ['**/*.js', '**/*.cjs', '**/*.mjs'], languageOptions: { globals: globals.node } },
  {
    files: ['apps/**', 'infra/**'],
    ignores: entries,
    rules: {
      'no-restricted-globals': [
        'error',
        { name: 'process', message: 'only entry files touch process: take the value as an argument' },
      ],
    },
  },
  ...directions.map((direction) => ({
    files: direction.files,
    ignores: ['apps/kafka/client.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['node:process', 'process'], message: 'only entry files touch process, as the global' },
            { group: forbiddenBy(direction), message: 'against the direction of imports (ARCHITECTURE.md)' },
            ...(direction.documentedClient ? [documentedClient] : []),
            ...(direction.types ?? []).map((group) => ({
              group: [group],
              allowTypeImports: true,
              message: 'here only as `import type`',
            })),
          ],
        },
      ],
    },
  })),
);
