import { KAFKA_CLIENT_FILES } from '../kafka/kafka-client-files.ts';
import { SEARCH_SECRETS } from './search-endpoint.ts';

/** What a program logs in to. */
export type Login = 'search' | 'kafka';

const VARIABLES: Readonly<Record<Login, Readonly<Record<string, string>>>> = {
  search: {
    SEARCH_USERNAME: `${SEARCH_SECRETS.credentials}/username`,
    SEARCH_PASSWORD: `${SEARCH_SECRETS.credentials}/password`,
  },
  kafka: { KAFKA_PASSWORD: KAFKA_CLIENT_FILES.password },
};

/**
 * Shell script that reads logins from files into its environment and then runs the program. Beats and Logstash read
 * secrets only from there or from their keystore; a variable of the pod would be visible in its description.
 */
export function exportLogins(logins: readonly Login[]): string {
  return logins
    .flatMap((login) => Object.entries(VARIABLES[login]))
    .map(([variable, path]) => `${variable}="$(cat ${path})"; export ${variable}; `)
    .join('');
}
