import { logLevels, type LogLevel } from '../service/log.ts';
import { Variables, type Environment } from '../service/variables.ts';

/** The environment variables of the indices program. */
export interface IndicesVariables {
  /** They keep indices by lifecycle policies of different kinds: ILM and ISM. */
  readonly SEARCH_PRODUCT: SearchProduct;
  /** `http://host:port` or `https://host:port`. */
  readonly SEARCH_ENDPOINT: string;
  /** Paths of files with the login, which may manage templates, policies and the indices. */
  readonly SEARCH_USERNAME_FILE: string;
  readonly SEARCH_PASSWORD_FILE: string;
  /** Path of a PEM file with the authority of the certificate. @default the public authorities */
  readonly SEARCH_CA_FILE?: string;
  /** Indices are `<prefix>-…`; template and policy are named `<prefix>`. */
  readonly INDEX_PREFIX: string;
  /** The composable index template, as JSON. */
  readonly INDEX_TEMPLATE: string;
  /** The lifecycle policy of the product, as JSON: what its own API takes as `policy`. */
  readonly LIFECYCLE_POLICY: string;
  /** How long to wait for the search cluster. @default "120000" */
  readonly DEADLINE_MS?: string;
  /** silent, fatal, error, warn, info, debug or trace. @default "info" */
  readonly LOG_LEVEL?: LogLevel;
}

export type SearchProduct = 'elasticsearch' | 'opensearch';

/** A JSON object, which the search cluster judges. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** How the search cluster is reached. */
export interface SearchConnection {
  readonly endpoint: URL;
  readonly username: string;
  readonly password: string;
  readonly ca: string | undefined;
}

export interface IndicesConfig {
  readonly product: SearchProduct;
  readonly search: SearchConnection;
  readonly prefix: string;
  readonly template: JsonObject;
  readonly policy: JsonObject;
  readonly deadlineMs: number;
  readonly logLevel: LogLevel;
}

/** @throws {VariablesError} naming every bad variable */
export function readConfig(environment: Environment): IndicesConfig {
  const variables = new Variables<keyof IndicesVariables>(environment);
  const config = {
    product: variables.choice('SEARCH_PRODUCT', ['elasticsearch', 'opensearch']),
    search: {
      endpoint: readEndpoint(variables),
      username: readLogin(variables, 'SEARCH_USERNAME_FILE'),
      password: readLogin(variables, 'SEARCH_PASSWORD_FILE'),
      ca: variables.file('SEARCH_CA_FILE'),
    },
    prefix: variables.text('INDEX_PREFIX', {
      pattern: /^[a-z][a-z0-9-]*$/,
      allowed: 'a lower-case prefix of a-z, 0-9 and -',
    }),
    template: readObject(variables, 'INDEX_TEMPLATE'),
    policy: readObject(variables, 'LIFECYCLE_POLICY'),
    deadlineMs: variables.integer('DEADLINE_MS', { default: 120_000, min: 1_000, max: 3_600_000 }),
    logLevel: variables.choice('LOG_LEVEL', logLevels, 'info'),
  };
  variables.check();
  return config;
}

function readEndpoint(variables: Variables<keyof IndicesVariables>): URL {
  const text = variables.text('SEARCH_ENDPOINT', {
    pattern: /^https?:\/\/[^/@?#]+\/?$/,
    allowed: 'an http or https URL without login and path',
  });
  return URL.parse(text) ?? new URL('http://localhost');
}

/** The text of a file without the line break at its end. */
function readLogin(
  variables: Variables<keyof IndicesVariables>,
  name: 'SEARCH_USERNAME_FILE' | 'SEARCH_PASSWORD_FILE',
): string {
  variables.text(name, { allowed: 'the path of a file' });
  return (variables.file(name) ?? '').replace(/\r?\n$/, '');
}

function readObject(
  variables: Variables<keyof IndicesVariables>,
  name: 'INDEX_TEMPLATE' | 'LIFECYCLE_POLICY',
): JsonObject {
  const text = variables.text(name, { allowed: 'a JSON object' });
  if (text === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  } catch {
    // Refused below, like any other text that is no object.
  }
  variables.refuse(name, text, 'a JSON object');
  return {};
}
