import { UsageError } from '../command-line.ts';

/** Checks the value of `--kafka`. @throws {UsageError} */
export function requireBootstrapServers(kafka: string): void {
  if (!/^[\w.-]+:\d+(,[\w.-]+:\d+)*$/.test(kafka)) {
    throw new UsageError(`--kafka must be HOST:PORT, or several separated by commas, got ${kafka}`);
  }
}

/** Checks the value of `--endpoint`. @throws {UsageError} */
export function requireEndpoint(endpoint: string): void {
  if (!/^https?:$/.test(URL.parse(endpoint)?.protocol ?? '')) {
    throw new UsageError(`--endpoint must be an http or https URL, got ${endpoint}`);
  }
}
