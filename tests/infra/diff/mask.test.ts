import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findChanges, type Change } from '../../../infra/diff/changes.ts';
import { maskText } from '../../../infra/diff/mask/mask-text.ts';
import type { ManifestObject } from '../../../infra/diff/objects.ts';
import { FORMATS } from '../../../infra/diff/options.ts';
import { render } from '../../../infra/diff/render/render.ts';
import type { Report } from '../../../infra/diff/report.ts';

/** Two secrets of one kind; nothing of either may be shown. */
const SECRETS = ['hunter2', 'tr0ub4dor'] as const;
const PEM = (body: string): string => `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`;
const encode = (text: string): string => Buffer.from(text).toString('base64');

/** Texts that say a secret by the name before it, or by their own form. */
const TEXTS: Readonly<Record<string, (secret: string) => string>> = {
  'a line of variables': (secret) => `A=1\nDB_PASSWORD=${secret}\n`,
  'an exported variable': (secret) => `export DB_PWD=${secret} B=2`,
  'a value with blanks, to the end of its line': (secret) =>
    `# see below\ndb.password = a b ${secret}\nuser=me\n`,
  'a value that goes on in the next line': (secret) => `password=a\\\n${secret}\nuser=me\n`,
  'a value in quotes': (secret) => `run --user me password="a \\" ${secret}" --fast`,
  'a name with words behind': (secret) => `secretAccessKey: ${secret}\n`,
  'a name that has run together': (secret) => `dbpassword=${secret}`,
  'a numbered name': (secret) => `TOKEN_2=${secret}`,
  YAML: (secret) => `users:\n  - name: me\n    password: ${secret}\n`,
  'YAML in one line': (secret) => `{user: me, password: ${secret}}`,
  'a block of YAML': (secret) => `users:\n  token: |\n    first\n    ${secret}\nother: 1\n`,
  'a list below a name': (secret) => `tokens:\n  - ${secret}\n`,
  JSON: (secret) => `{"user":"me","password":"${secret}"}`,
  'JSON with line breaks': (secret) => `{\n  "password":\n    "${secret}"\n}`,
  'JSON within JSON': (secret) => JSON.stringify({ inner: JSON.stringify({ token: secret, user: 'me' }) }),
  'a pair of name and value': (secret) => `[{"name":"DB_PASSWORD","value":"${secret}"}]`,
  'a pair of name and value in YAML': (secret) => `- name: API_KEY\n  value: ${secret}\n`,
  'a header': (secret) => `Authorization: Bearer ${secret}`,
  'a header of curl': (secret) => `curl -H "Authorization: Bearer ${secret}" http://host/`,
  'a header in another case': (secret) => `authorization=Bearer ${secret}`,
  'a bearer alone': (secret) => `send Bearer ${secret} to it`,
  'a cookie': (secret) => `cookie: session=${secret}; a=b`,
  'an option': (secret) => `run --token=${secret} --fast`,
  'an option and its word': (secret) => `run --api-key ${secret} --fast`,
  'a property of Java': (secret) => `java -Djavax.net.ssl.keyStorePassword=${secret} -jar x`,
  'a parameter of Fluentd': (secret) => `<match>\n  password ${secret}\n`,
  'a line of netrc': (secret) => `machine host login me password ${secret}`,
  'a login of JAAS': (secret) => `Module required username="me" password="${secret}";`,
  XML: (secret) => `<user>me</user><password>${secret}</password>`,
  'who logs in, in a URL': (secret) => `https://me:${secret}@host/path`,
  'who logs in, in a URL, with an @': (secret) => `https://me:p@${secret}@host/path`,
  'who logs in, before an address': (secret) => `me:${secret}@host:9092`,
  'a query': (secret) => `https://host/?user=me&access_token=${secret}&a=b`,
  'a private key': (secret) => `before\n${PEM(secret)}\nafter`,
  'a private key in one line': (secret) => `KEY="${PEM(secret).replaceAll('\n', '\\n')}"`,
};

/** Where such a text stands. */
const PLACES: Readonly<Record<string, (text: string) => ManifestObject>> = {
  'a variable': (text) => pod({ env: [{ name: 'TEXT', value: text }] }),
  'an argument': (text) => pod({ args: ['run', text] }),
  'a file': (text) => configMap('notes.txt', text),
  'a file of JSON': (text) => configMap('a.json', JSON.stringify({ deep: [{ text }] })),
  'an annotation': (text) => object('Service', { metadata: { annotations: { text }, name: 'it' } }),
};

/** What is secret by where it stands. */
const NAMED: Readonly<Record<string, (secret: string) => ManifestObject>> = {
  'a Secret': (secret) =>
    object('Secret', { stringData: { anything: secret }, data: { other: encode(secret) } }),
  'a variable': (secret) => pod({ env: [{ name: 'DB_PWD', value: secret }] }),
  'the word behind an option': (secret) => pod({ args: ['run', '--token', secret] }),
  'a property': (secret) => configMap('a.properties', `ssl.key.password=${secret}\n`),
  'a property of YAML': (secret) => configMap('a.yaml', `list:\n  - client_secret: ${secret}\n`),
  'a list in JSON': (secret) => configMap('a.json', JSON.stringify({ tokens: [secret, 'x'] })),
  'a pair in JSON': (secret) => configMap('a.json', JSON.stringify([{ key: 'PASSWORD', value: secret }])),
  'a parameter of Fluentd': (secret) => configMap('a.conf', `<match>\n  cloud_auth me:${secret}\n</match>\n`),
  'a file that is called so': (secret) => configMap('token', secret),
  'a file of credentials': (secret) => configMap('credentials.ini', `[default]\nx ${secret}\n`),
  'an encoded private key': (secret) => configMap('a.yaml', `ca: ${encode(PEM(secret))}\n`),
};

function object(kind: string, fields: object): ManifestObject {
  return { apiVersion: 'v1', kind, metadata: { name: 'it' }, ...fields };
}

function configMap(name: string, text: string): ManifestObject {
  return object('ConfigMap', { data: { [name]: text } });
}

function pod(container: object): ManifestObject {
  return object('Deployment', {
    spec: { template: { spec: { containers: [{ name: 'one', ...container }] } } },
  });
}

function rendered(changes: readonly Change[]): readonly string[] {
  const side = { name: 'side' };
  const report: Report = {
    ...{ base: side, head: side, environments: ['dev'], changes },
    ...{ causes: [], objects: {}, approved: [], unusedApprovals: [] },
  };
  return FORMATS.map((format) => render(report, format));
}

function changesOf(before: readonly ManifestObject[], after: readonly ManifestObject[]): readonly Change[] {
  return findChanges({ dev: before }, { dev: after });
}

function requireMasked(make: (secret: string) => ManifestObject): void {
  const [old, young] = [make(SECRETS[0]), make(SECRETS[1])];
  const shown = new RegExp(SECRETS.flatMap((secret) => [secret, encode(secret).slice(0, 8)]).join('|'));
  const changed = changesOf([old], [young]);
  assert.ok(changed.length > 0, 'no change is told');
  for (const { before, after } of changed) assert.notDeepEqual(before, after);
  for (const changes of [changed, changesOf([], [old]), changesOf([old], [])]) {
    for (const text of rendered(changes)) assert.doesNotMatch(text, shown);
  }
  assert.deepEqual(changesOf([old], [make(SECRETS[0])]), []);
}

for (const [place, make] of Object.entries(PLACES)) {
  test(`in ${place} no secret is shown in any format, and a new one is told as a change`, async (t) => {
    for (const [form, textOf] of Object.entries(TEXTS)) {
      await t.test(form, () => requireMasked((secret) => make(textOf(secret))));
    }
  });
}

for (const [place, make] of Object.entries(NAMED)) {
  test(`what is secret by its name is shown in no format: ${place}`, () => requireMasked(make));
}

test('a secret is found whatever stands around its name and itself', () => {
  const names = [
    'password',
    'DB_PASSWORD',
    'dbPassword',
    'api-key',
    'Authorization',
    'client.secret',
    'MYSQL_PWD',
  ];
  const joints = ['=', ' = ', ': ', ':', ' : ', '=>', ' => ', ' := '];
  const quotes = ['', '"', "'", '`'];
  const before = [
    '',
    'x ',
    'a=1;',
    '{ ',
    '[',
    '--',
    '-D',
    '  - ',
    'export ',
    '?a=1&',
    '# ',
    'x\n',
    '"a":1,',
    '\\n',
  ];
  const behind = ['', ' y', '\ny=1', ';b=2', ',"b":2}', ']', '&b=2', '\\n', ' # c'];
  for (const name of names.flatMap((one) => [one, `"${one}"`, `'${one}'`])) {
    for (const value of quotes.map((quote) => `${quote}${SECRETS[0]}${quote}`)) {
      for (const joined of joints.map((joint) => `${name}${joint}${value}`)) {
        for (const start of before) {
          for (const end of behind) {
            const text = `${start}${joined}${end}`;
            assert.ok(!maskText(text).includes(SECRETS[0]), text);
          }
        }
      }
    }
  }
});

test('a secret number is masked too, and a switch is not', () => {
  const [, ...changes] = [
    undefined,
    ...changesOf(
      [configMap('a.yaml', 'pin:\n  password: 12345\nautomountServiceAccountToken: true\n')],
      [configMap('a.yaml', 'pin:\n  password: 54321\nautomountServiceAccountToken: false\n')],
    ),
  ];
  assert.deepEqual(
    changes.map(({ before, after }) => [before, after]),
    [
      [true, false],
      ['(masked)', '(masked, changed)'],
    ],
  );
});

/** What has a name like a secret's and holds none. */
const PUBLIC: readonly (readonly [string, string])[] = [
  ['PASSWORD_FILE=/run/a', 'PASSWORD_FILE=/run/b'],
  ['delegation.token.expiry.time.ms=1', 'delegation.token.expiry.time.ms=2'],
  ['ssl.client.auth=none', 'ssl.client.auth=required'],
  ['docker.io/x/token-service:1.2@sha256:aaaa', 'docker.io/x/token-service:1.3@sha256:bbbb'],
  ['password=${KAFKA_A}', 'password=${KAFKA_B}'],
  ['The password of the client is old.', 'The password of the client is new.'],
  ['secretName: kafka-v1', 'secretName: kafka-v2'],
  ['PWD=/app', 'PWD=/srv'],
  ['nginx.ingress.kubernetes.io/auth-secret: here/a', 'nginx.ingress.kubernetes.io/auth-secret: here/b'],
];

for (const [before, after] of PUBLIC) {
  test(`${before} is shown as it is`, () => {
    const [change] = changesOf(
      [PLACES['a variable']?.(before)].flatMap((one) => one ?? []),
      [...[PLACES['a variable']?.(after)].flatMap((one) => one ?? [])],
    );
    assert.deepEqual([change?.before, change?.after], [before, after]);
  });
}

test('the names of Secrets, and rights to them, are shown', () => {
  const volume = (name: string) =>
    object('Deployment', {
      spec: { template: { spec: { volumes: [{ name: 'tls', secret: { secretName: name } }] } } },
    });
  const [change] = changesOf([volume('tls-v1')], [volume('tls-v2')]);
  assert.deepEqual([change?.before, change?.after], ['tls-v1', 'tls-v2']);
  const role = (...resources: readonly string[]) =>
    object('Role', { rules: [{ resources, verbs: ['get'] }] });
  assert.match(JSON.stringify(changesOf([role('pods')], [role('pods', 'secrets')])), /"secrets"/);
});

test('two secrets that change places are told as changed', () => {
  const text = (a: string, b: string) => configMap('notes.txt', `password=${a}\npassword=${b}\n`);
  const [change] = changesOf([text(...SECRETS)], [text(SECRETS[1], SECRETS[0])]);
  assert.notDeepEqual(change?.before, change?.after);
});

test('the same report is made of the same change, and of another secret', () => {
  const make = NAMED['a variable'];
  if (make === undefined) throw new Error('there must be one');
  const report = (secret: string) => JSON.stringify(changesOf([make(SECRETS[0])], [make(secret)]));
  assert.equal(report('one'), report('one'));
  assert.equal(report('one'), report('two'));
});
