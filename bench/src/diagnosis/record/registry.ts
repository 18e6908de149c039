import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { join } from 'node:path';

/** What a repository of the played registry answers, by the last part of its name. */
const answers: Readonly<
  Record<string, (request: IncomingMessage, response: ServerResponse) => void>
> = {
  absent: (_, response) => {
    refuse(response, 404, 'MANIFEST_UNKNOWN');
  },
  denied: (_, response) => {
    refuse(response, 403, 'DENIED');
  },
  limited: (_, response) => {
    refuse(response, 429, 'TOOMANYREQUESTS');
  },
  broken: (_, response) => {
    refuse(response, 503, 'UNAVAILABLE');
  },
  gateway: (_, response) => {
    refuse(response, 502, 'BAD_GATEWAY');
  },
  private: (_, response) => {
    response.setHeader('www-authenticate', 'Basic realm="registry"');
    refuse(response, 401, 'UNAUTHORIZED');
  },
  silent: () => undefined,
  arm: (request, response) => {
    const image = manifest([
      {
        mediaType: 'application/vnd.oci.image.manifest.v1+json',
        digest: `sha256:${'a'.repeat(64)}`,
        size: 100,
        platform: { architecture: 'arm64', os: 'linux' },
      },
    ]);
    serve(request, response, image, 'application/vnd.oci.image.index.v1+json');
  },
  garbled: (request, response) => {
    serve(request, response, '{"schemaVersion": 2, "mediaType"', manifestType);
  },
};

const manifestType = 'application/vnd.oci.image.manifest.v1+json';

/** Starts a registry that answers as the name of the repository says, on this machine only. */
export async function startRegistry(): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer((request, response) => {
    const repository = /^\/v2\/(.+)\/(?:manifests|blobs)\//.exec(request.url ?? '')?.[1];
    const play = answers[repository?.split('/').at(-1) ?? ''];
    if (play === undefined) refuse(response, 404, 'NAME_UNKNOWN');
    else play(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the registry has no port');
  return { server, port: address.port };
}

/**
 * Tells the container runtime of the node where the hosts of the scenarios are.
 *
 * @param folder - Its `config_path`.
 */
export async function nameRegistries(folder: string, port: number): Promise<void> {
  const hosts: Readonly<Record<string, string>> = {
    'reg.test': `http://127.0.0.1:${String(port)}`,
    'tls.test': `https://127.0.0.1:${String(port)}`,
    'nowhere.test': 'https://registry.nowhere.invalid',
    'refused.test': 'http://127.0.0.1:1',
  };
  for (const [host, server] of Object.entries(hosts)) {
    await mkdir(join(folder, host), { recursive: true });
    const lines = [
      `server = "${server}"`,
      `[host."${server}"]`,
      'capabilities = ["pull", "resolve"]',
    ];
    await writeFile(join(folder, host, 'hosts.toml'), `${lines.join('\n')}\n`);
  }
}

function refuse(response: ServerResponse, status: number, code: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
}

function manifest(manifests: readonly object[]): string {
  const mediaType = 'application/vnd.oci.image.index.v1+json';
  return JSON.stringify({ schemaVersion: 2, mediaType, manifests });
}

function serve(
  { method }: IncomingMessage,
  response: ServerResponse,
  body: string,
  type: string,
): void {
  const digest = `sha256:${createHash('sha256').update(body).digest('hex')}`;
  response.writeHead(200, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'docker-content-digest': digest,
  });
  response.end(method === 'HEAD' ? undefined : body);
}
