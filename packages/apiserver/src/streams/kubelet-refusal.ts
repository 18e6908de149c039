import type { StatusError, StatusReason } from '@kubewright/apimachinery';
import type { ServerResponse } from '../contracts.ts';
import { failure } from '../status.ts';

const REASONS: Readonly<Record<number, StatusReason>> = {
  400: 'BadRequest',
  403: 'Forbidden',
  404: 'NotFound',
};

/**
 * A request that the node would refuse before it leaves HTTP. The real server passes the kubelet's answer on as it
 * is, in plain text, and clients word their messages by it.
 */
export class KubeletRefusal extends Error {
  override readonly name = 'KubeletRefusal';
  readonly code = 'kubelet-refusal';
  /** HTTP status. */
  readonly status: number;
  /** Header lines that go with it. */
  readonly headers: ServerResponse['headers'];

  constructor(status: number, message: string, headers: ServerResponse['headers'] = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }

  /** The answer as it goes over the wire. */
  toResponse(): ServerResponse {
    return {
      status: this.status,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'x-content-type-options': 'nosniff',
        ...this.headers,
      },
      body: Buffer.from(`${this.message}\n`),
    };
  }

  /** The same as an error of the API, for callers in the process. */
  toStatusError(): StatusError {
    return failure(this.status, REASONS[this.status] ?? 'InternalError', this.message);
  }
}
