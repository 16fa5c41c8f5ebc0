import { z } from 'zod';
import { logLevels, type LogLevel } from '../service/log.ts';
import {
  file,
  integer,
  json,
  loginFile,
  oneOf,
  readVariables,
  text,
  type Environment,
  type VariablesOf,
} from '../service/variables.ts';

const searchProduct = oneOf(['elasticsearch', 'opensearch']);
const ENDPOINT_ALLOWED = 'an http or https URL without login and path';
const jsonObject = z.record(z.string(), z.unknown(), 'a JSON object');

/** The environment variables of the indices program. */
export const indicesVariables = z.object({
  /** Selects the kind of lifecycle policy: ILM of Elasticsearch or ISM of OpenSearch. */
  SEARCH_PRODUCT: searchProduct,
  /** `http://host:port` or `https://host:port`. */
  SEARCH_ENDPOINT: text(ENDPOINT_ALLOWED, /^https?:\/\/[^/@?#]+\/?$/).refine(
    (value) => URL.canParse(value),
    ENDPOINT_ALLOWED,
  ),
  /** Path of a file with the name of a user that may manage templates, policies and the indices. */
  SEARCH_USERNAME_FILE: loginFile('the path of a file'),
  /** Path of a file with the user's password. */
  SEARCH_PASSWORD_FILE: loginFile('the path of a file'),
  /** Path of a PEM file with the certificate authority, instead of the public ones. */
  SEARCH_CA_FILE: file('the path of a PEM file').optional(),
  /** Indices are named `<prefix>-…`; template and policy are named `<prefix>`. */
  INDEX_PREFIX: text('a lower-case prefix of a-z, 0-9 and -', /^[a-z][a-z0-9-]*$/),
  /** The composable index template, as JSON. */
  INDEX_TEMPLATE: json('a JSON object', jsonObject),
  /** The lifecycle policy as JSON: the `policy` of the product's API. */
  LIFECYCLE_POLICY: json('a JSON object', jsonObject),
  /** How long to wait for the search cluster. */
  DEADLINE_MS: integer(1_000, 3_600_000).default(120_000),
  LOG_LEVEL: oneOf(logLevels).default('info'),
});

export type IndicesVariables = VariablesOf<typeof indicesVariables>;

export type SearchProduct = z.output<typeof searchProduct>;

/** A JSON object, which the search cluster validates. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Connection to the search cluster. */
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
  const variables = readVariables(indicesVariables, environment);
  return {
    product: variables.SEARCH_PRODUCT,
    search: {
      endpoint: new URL(variables.SEARCH_ENDPOINT),
      username: variables.SEARCH_USERNAME_FILE,
      password: variables.SEARCH_PASSWORD_FILE,
      ca: variables.SEARCH_CA_FILE,
    },
    prefix: variables.INDEX_PREFIX,
    template: variables.INDEX_TEMPLATE,
    policy: variables.LIFECYCLE_POLICY,
    deadlineMs: variables.DEADLINE_MS,
    logLevel: variables.LOG_LEVEL,
  };
}
