import type { Lab, Subject } from '../lab.ts';
import { pythonStack } from './python.ts';

/** One for each core. */
const WORKERS = 2;

/** Flask under gunicorn with threads, each waiting for the acknowledgement of one shared producer a worker. */
export async function startFlask(lab: Lab, topic: string, connections: number): Promise<Subject> {
  const python = await pythonStack('flask');
  const gunicorn = ['python3', '-m', 'gunicorn', '--worker-class', 'gthread'] as const;
  const threads = Math.ceil(connections / WORKERS);
  return lab.serve('flask', (port) => ({
    command: [
      ...gunicorn,
      ...['--bind', `127.0.0.1:${port}`, '--workers', String(WORKERS), '--threads', String(threads)],
      ...['--keep-alive', '75', '--worker-connections', String(2 * connections), '--backlog', '4096'],
      'flask_producer:app',
    ],
    environment: {
      ...python,
      KAFKA_BOOTSTRAP_SERVERS: lab.kafka.bootstrapServers,
      KAFKA_TOPIC: topic,
    },
  }));
}
