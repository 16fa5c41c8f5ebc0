import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Milliseconds from the POST of each stored event until its object was there, ascending. The S3 server keeps an object
 * as a file, whose status changes last when the file gets its name.
 *
 * @param since events that were sent earlier are left out; milliseconds since the epoch
 */
export async function latenciesOf(folder: string, since: number): Promise<readonly number[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ndjson'));
  const latencies: number[] = [];
  for (const file of files) {
    const path = join(folder, file);
    const [{ ctimeMs }, text] = await Promise.all([stat(path), readFile(path, 'utf8')]);
    for (const line of text.split('\n').slice(0, -1)) {
      const { value } = JSON.parse(line) as { value: { sentAt: number } };
      if (value.sentAt >= since) latencies.push(ctimeMs - value.sentAt);
    }
  }
  return latencies.sort((a, b) => a - b);
}
