import { connect as connectHttp2, constants, type ClientHttp2Session } from 'node:http2';
import type { GRPCAction } from '@kubewright/apimachinery';
import { formatDuration } from '../restart/back-off.ts';
import type { ProbeOutcome } from '../runtime/contracts.ts';
import { failed, passed, type ProbeTarget } from './probe-target.ts';

/** `grpc.health.v1.HealthCheckResponse.ServingStatus`. */
const servingStatus = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** gRPC status codes the prober tells apart (grpc/status.proto). */
const grpcOk = 0;
const grpcDeadlineExceeded = 4;
const grpcUnimplemented = 12;

/** Asks `grpc.health.v1.Health/Check` in clear text, as Kubernetes does. */
export async function grpcProbe(
  action: GRPCAction,
  target: ProbeTarget,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<ProbeOutcome> {
  const address = `${target.podIp}:${String(action.port)}`;
  const real = await target.resolvePort(action.port);
  const session = connectHttp2(
    `http://${real?.host ?? target.podIp}:${String(real?.port ?? action.port)}`,
  );
  const within = formatDuration(timeoutMs);
  const { promise, resolve } = Promise.withResolvers<ProbeOutcome>();
  let connected = false;
  const timer = setTimeout(() => {
    resolve(
      failed(
        connected
          ? `timeout: health rpc did not complete within ${within}`
          : `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: context deadline exceeded`,
      ),
    );
  }, timeoutMs);
  session.once('connect', () => {
    connected = true;
  });
  session.on('error', (error: NodeJS.ErrnoException) => {
    const why =
      error.code === 'ECONNREFUSED'
        ? `connection error: desc = "transport: Error while dialing: dial tcp ${address}: connect: connection refused"`
        : error.message;
    resolve(
      failed(
        `timeout: failed to connect service ${JSON.stringify(address)} within ${within}: ${why}`,
      ),
    );
  });
  check(session, action.service ?? '').then(
    (answer) => resolve(judge(answer, within)),
    () => undefined, // The session's own error says it better.
  );
  const stop = (): void => resolve(failed('the probe was stopped'));
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  try {
    return await promise;
  } finally {
    signal.removeEventListener('abort', stop);
    clearTimeout(timer);
    session.destroy();
  }
}

interface HealthAnswer {
  readonly grpcStatus: number;
  readonly grpcMessage: string;
  readonly serving: number;
}

function judge(answer: HealthAnswer, within: string): ProbeOutcome {
  const { grpcStatus, grpcMessage, serving } = answer;
  if (grpcStatus === grpcUnimplemented) {
    return failed(
      `this server does not implement the grpc health protocol (grpc.health.v1.Health): ${grpcMessage}`,
    );
  }
  if (grpcStatus === grpcDeadlineExceeded) {
    return failed(`timeout: health rpc did not complete within ${within}`);
  }
  if (grpcStatus !== grpcOk) {
    return failed(
      `service health rpc failed: rpc error: code = ${String(grpcStatus)} desc = ${grpcMessage}`,
    );
  }
  const word = servingStatus[serving] ?? String(serving);
  return word === 'SERVING'
    ? passed
    : failed(`service unhealthy (responded with ${JSON.stringify(word)})`);
}

function check(session: ClientHttp2Session, service: string): Promise<HealthAnswer> {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: 'POST',
      [constants.HTTP2_HEADER_PATH]: '/grpc.health.v1.Health/Check',
      [constants.HTTP2_HEADER_CONTENT_TYPE]: 'application/grpc',
      'user-agent': 'kube-probe/1.36',
      te: 'trailers',
    });
    const parts: Buffer[] = [];
    let metadata: Record<string, unknown> = {};
    stream.on('response', (headers) => {
      metadata = { ...metadata, ...headers };
    });
    stream.on('trailers', (trailers) => {
      metadata = { ...metadata, ...(trailers as Record<string, unknown>) };
    });
    stream.on('data', (chunk: Buffer) => parts.push(chunk));
    stream.once('error', reject);
    stream.once('end', () => {
      resolve({
        grpcStatus: Number(metadata['grpc-status'] ?? grpcOk),
        grpcMessage: decodeURIComponent(textOf(metadata['grpc-message'])),
        serving: decodeServing(Buffer.concat(parts)),
      });
      stream.close();
    });
    stream.end(encodeRequest(service));
  });
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** A gRPC message: no compression, length, and field 1 (`service`) as protobuf. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service);
  const body =
    name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a]), varint(name.length), name]);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) {
      bytes.push(rest);
      return Buffer.from(bytes);
    }
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** Field 1 (`status`) of the answer; 0 when it is left out, as protobuf does with zeros. */
function decodeServing(message: Buffer): number {
  return message.length > 6 && message[5] === 0x08 ? (message[6] ?? 0) : 0;
}
