import { request, type Agent } from 'node:https';
import { rootCertificates, type PeerCertificate } from 'node:tls';

/** What a webhook has answered, and under which certificate. */
export interface PeerAnswer {
  readonly status: number;
  readonly body: string;
  /** Serial number of the certificate it showed. */
  readonly serialNumber: string;
}

/** Sends one request to a webhook on this machine, as an API server does. */
export async function callWebhook(options: {
  readonly port: number;
  readonly path: string;
  /** PEM. */
  readonly ca: string;
  readonly method?: string;
  readonly contentType?: string;
  /** A text is sent as it is, all else as JSON. */
  readonly body?: unknown;
  /** Keeps the connection for the next request. Default: each has a connection of its own. */
  readonly agent?: Agent;
}): Promise<PeerAnswer> {
  const { port, path, ca, method = 'POST', contentType = 'application/json', body = {} } = options;
  const { agent = false } = options;
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const { promise, resolve, reject } = Promise.withResolvers<PeerAnswer>();
  const sent = request(
    {
      host: '127.0.0.1',
      port,
      path,
      method,
      ca: [...rootCertificates, ca],
      agent,
      headers: { 'content-type': contentType, 'content-length': Buffer.byteLength(text) },
    },
    (response) => {
      const { socket } = response;
      const { serialNumber } = (
        socket as unknown as { getPeerCertificate(): PeerCertificate }
      ).getPeerCertificate(); // it is a TLS socket
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      // Without a listener an answer that breaks off would end in nothing at all.
      response.on('error', reject);
      response.on('end', () => {
        const answer = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, body: answer, serialNumber });
      });
    },
  );
  sent.on('error', reject);
  sent.end(text);
  return promise;
}
