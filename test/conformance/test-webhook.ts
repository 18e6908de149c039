import { createServer, type Server } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CertificateAuthority } from '@kubewright/apiserver';

/** An answer; a plain object is one with 200 and JSON. */
export type WebhookAnswer =
  | { readonly review: unknown }
  | { readonly status: number; readonly contentType?: string; readonly text: string }
  /** The connection is cut. */
  | 'cut';

/** A webhook on this machine that answers whatever a test wants, over TLS; tests say of which type its reviews are. */
export class TestWebhook<Review> implements AsyncDisposable {
  /** PEM, base64, as in a `caBundle`. */
  readonly caBundle: string;
  /** Reviews it was asked, by path, in order. */
  readonly reviews: { readonly path: string; readonly review: Review }[] = [];
  /** Answers by path, without the query. */
  readonly #answers = new Map<string, (review: Review) => WebhookAnswer | Promise<WebhookAnswer>>();
  readonly #server: Server;

  private constructor(server: Server, caBundle: string) {
    this.#server = server;
    this.caBundle = caBundle;
  }

  static async start<Review>(): Promise<TestWebhook<Review>> {
    const authority = await CertificateAuthority.create('test-webhook-ca');
    const { certificate, key } = await authority.issueServer(['127.0.0.1']);
    const server = createServer({ cert: certificate, key });
    const webhook = new TestWebhook<Review>(
      server,
      Buffer.from(authority.certificate).toString('base64'),
    );
    server.on('request', (request, response) => void webhook.#serve(request, response));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return webhook;
  }

  /** Answers reviews sent to a path from now on. */
  answer(path: string, answer: (review: Review) => WebhookAnswer | Promise<WebhookAnswer>): void {
    this.#answers.set(path, answer);
  }

  /** The `clientConfig` that leads to a path. */
  clientConfig(path: string): { readonly url: string; readonly caBundle: string } {
    // It listens on TCP.
    const { port } = this.#server.address() as AddressInfo;
    return { url: `https://127.0.0.1:${String(port)}${path}`, caBundle: this.caBundle };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    // A request without an encoding gives buffers.
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const path = request.url?.split('?', 1)[0] ?? '';
    // The test has configured what it is asked.
    const review = JSON.parse(Buffer.concat(chunks).toString()) as Review;
    this.reviews.push({ path, review });
    const answer = (await this.#answers.get(path)?.(review)) ?? { status: 404, text: '' };
    if (answer === 'cut') {
      request.socket.destroy();
    } else if ('review' in answer) {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify(answer.review));
    } else {
      response.writeHead(answer.status, { 'content-type': answer.contentType ?? 'text/plain' });
      response.end(answer.text);
    }
  }
}
