import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ManagedProcess } from '../../../infra/local/managed-process.ts';
import { isListening, type ProxyOptions } from './proxy.ts';

/** nginx with what ingress-nginx writes for the rendered Ingresses: kept connections upstream, whole requests but for batches. */
export async function nginx({ host, directory, port, upstreamPort }: ProxyOptions): Promise<ManagedProcess> {
  const at = (name: string): string => join(directory, name);
  const paths = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  const configuration = `
daemon off;
worker_processes 1;
pid ${at('nginx.pid')};
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log off;
${paths.map((name) => `  ${name}_temp_path ${at(`nginx-${name}`)};`).join('\n')}
  upstream producer {
    server 127.0.0.1:${upstreamPort};
    keepalive 320;
    keepalive_requests 10000;
    keepalive_timeout 60s;
  }
  server {
    listen 127.0.0.1:${port};
    client_max_body_size 1m;
    client_body_buffer_size 8k;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_set_header Host $http_host;
    proxy_set_header X-Request-ID $request_id;
    proxy_set_header X-Real-IP $remote_addr;
    proxy_set_header X-Forwarded-For $remote_addr;
    proxy_set_header X-Forwarded-Proto $scheme;
    location = /upload { proxy_pass http://producer; }
    location / { proxy_request_buffering off; proxy_pass http://producer; }
  }
}
`;
  const file = at('nginx.conf');
  await writeFile(file, configuration);
  // Of root's, the process that takes the requests is another user's.
  await chmod(directory, 0o755);
  return new ManagedProcess({
    host,
    name: 'nginx',
    directory,
    command: ['nginx', '-e', 'stderr', '-p', directory, '-c', file],
    isReady: () => isListening(port),
  });
}
