/** Words that make the value secret anywhere in a name. */
const SECRET_WORDS = listOf(
  'password passwords passwd passphrase pwd secret secrets token tokens credential credentials creds',
  'authorization bearer apikey privatekey jaas',
);

/** Ends of words that make the value secret: `dbpassword`. */
const SECRET_ENDINGS = listOf('password passwd passphrase pwd secret token credential credentials apikey');

/** Words that make the value secret at the end of a name. */
const LAST_SECRET_WORDS = listOf('pass auth cookie signature sig');

/** Words before `key` for which the key is secret, not the key of a pair. */
const KEY_WORDS = listOf(
  'api private access secret account shared signing encryption master storage session keystore license',
);

/** Last words of a name whose value only locates or describes a secret. */
const DESCRIBING_WORDS = listOf(
  'name names file files path dir directory location ref refs url uri endpoint host port',
  'type class algorithm mechanism mechanisms protocol provider version format header issuer audience scope scopes mode',
  'enabled required ms seconds minutes hours days bytes size length count iterations ttl timeout interval expiry',
);

/** Names of the working directory, and annotations of ingress-nginx that name a Secret. */
const PUBLIC_NAMES = /^(old)?pwd$|(^|\/)(auth|auth-tls|proxy-ssl)-secret$/i;

/** Values that are never secret, under any name. */
const PUBLIC_VALUES = ['', ...listOf('true false none null required requested need want')];

/** A reference to the variable with the secret: `${NAME}`, `$(NAME)`, Fluentd's `"#{ENV['NAME']}"`. */
const REFERENCE = /^"?(\$\{[\w.]+\}|\$\([\w.]+\)|#\{ENV\[(['"])\w+\2\]\})"?$/;

/** Whether a value with this name is secret. */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (DESCRIBING_WORDS.includes(last) || PUBLIC_NAMES.test(name)) return false;
  return words.some((word, at) => isSecretWord(word) || isKey(words, at)) || LAST_SECRET_WORDS.includes(last);
}

/** Whether the name ends in a word for a secret: `db.password`, but not `token-service`. */
export function isNameOfSecret(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  return (
    isSecretName(name) &&
    (isSecretWord(last) || isKey(words, words.length - 1) || LAST_SECRET_WORDS.includes(last))
  );
}

export function isPublicValue(value: string): boolean {
  return PUBLIC_VALUES.includes(value.trim().toLowerCase()) || REFERENCE.test(value.trim());
}

function isSecretWord(word: string): boolean {
  return SECRET_WORDS.includes(word) || SECRET_ENDINGS.some((ending) => word.endsWith(ending));
}

function isKey(words: readonly string[], at: number): boolean {
  const [word = '', before = ''] = [words[at], words[at - 1]];
  return (word === 'key' && KEY_WORDS.includes(before)) || KEY_WORDS.some((other) => word === `${other}key`);
}

/** Splits a name into words: `dbPassword2`, `DB_PASSWORD_2` and `db.password` into `db` and `password`. */
function wordsOf(name: string): readonly string[] {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replace(/([A-Z])([A-Z][a-z])/g, '$1 $2')
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .map((word) => word.replace(/\d+$/, ''))
    .filter((word) => word !== '');
}

function listOf(...lines: readonly string[]): readonly string[] {
  return lines.flatMap((line) => line.split(' '));
}
