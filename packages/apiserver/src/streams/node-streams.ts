import type { Duplex } from 'node:stream';
import type { WebSocketConnection, WebSocketRequest } from '@kubewright/apimachinery';
import type {
  AcceptedStream,
  JsonObject,
  NodeConnections,
  NodeStreams,
  ServerRequest,
  ServerResponse,
} from '../contracts.ts';
import { writeRawResponse } from '../access/raw-response.ts';
import { badRequest, failure } from '../status.ts';
import { SPDY_COMMAND_PROTOCOLS, WEBSOCKET_COMMAND_PROTOCOLS } from './command/command-protocol.ts';
import { checkCommandRequest, parseCommandRequest } from './command/command-request.ts';
import { serveSpdyCommand } from './command/serve-spdy-command.ts';
import { serveWebSocketCommand } from './command/serve-websocket-command.ts';
import { checkForwardPorts, parseForwardPorts } from './forward/forward-request.ts';
import { serveSpdyForward } from './forward/serve-spdy-forward.ts';
import {
  serveWebSocketForward,
  WEBSOCKET_FORWARD_PROTOCOLS,
} from './forward/serve-websocket-forward.ts';
import { KubeletRefusal } from './kubelet-refusal.ts';
import {
  listedNames,
  negotiateSpdyProtocol,
  negotiateWebSocketProtocol,
} from './negotiate-protocol.ts';
import type { NodeBackend } from './node-backend.ts';
import { containerOf, nodeOf, podTargetOf } from './pod-container.ts';
import { parseLogQuery } from './pod-logs.ts';
import { acceptWebSocket } from './websocket/accept-websocket.ts';
import type { ChannelSocket } from './websocket/channel-socket.ts';
import { WebSocketDuplex } from './websocket/websocket-duplex.ts';
import { createWebSocketPair } from './websocket/websocket-pair.ts';

/** A whole SPDY connection through the messages of a WebSocket, which is what kubectl tries first. */
const TUNNEL_PROTOCOL = 'SPDY/3.1+portforward.k8s.io';
const FORWARD_PROTOCOLS = [TUNNEL_PROTOCOL, ...WEBSOCKET_FORWARD_PROTOCOLS].map((name) => ({
  name,
}));
const SPDY_FORWARD_PROTOCOLS = [{ name: 'portforward.k8s.io' }];
const SPDY_UPGRADE =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: SPDY/3.1\r\n';

/** Serves one stream over an open WebSocket. */
type WebSocketService = (socket: ChannelSocket, signal: AbortSignal) => Promise<void>;

/** The streams of pods, each served by the node that the pod is bound to. */
class ConnectedNodes implements NodeStreams, NodeConnections<NodeBackend> {
  readonly #nodes = new Map<string, NodeBackend>();
  /** Streams within the process; they end with their client or the server. */
  readonly #running = new Set<Promise<void>>();

  connectNode(name: string, backend: NodeBackend): Disposable {
    this.#nodes.set(name, backend);
    return {
      [Symbol.dispose]: () => {
        // A later connection of the same name is not this one's to end.
        if (this.#nodes.get(name) === backend) this.#nodes.delete(name);
      },
    };
  }

  async logs(
    pod: JsonObject,
    query: URLSearchParams,
    signal: AbortSignal,
  ): Promise<ServerResponse> {
    const target = podTargetOf(pod);
    const options = parseLogQuery(target.pod, query);
    const container = containerOf(pod, query.get('container'));
    const headers = { 'content-type': 'text/plain', 'cache-control': 'no-cache, private' };
    // A pod that no node has taken has written nothing yet.
    if (nodeOf(pod) === undefined) return { status: 200, headers, body: new Uint8Array() };
    const body = await this.#backendOf(pod).logs({ ...target, container }, { ...options, signal });
    return { status: 200, headers, body };
  }

  refuse(accepted: AcceptedStream): ServerResponse {
    this.#check(accepted);
    throw badRequest('Upgrade request required');
  }

  async connectWebSocket(
    accepted: AcceptedStream,
    request: WebSocketRequest,
  ): Promise<WebSocketConnection> {
    this.#check(accepted);
    try {
      const { protocol, service } = this.#webSocketService(accepted, request.protocols);
      const { client, server } = createWebSocketPair(protocol, request.signal);
      const signal = request.signal ?? new AbortController().signal;
      const work = service(server, signal).finally(() => this.#running.delete(work));
      this.#running.add(work);
      return client;
    } catch (error) {
      throw error instanceof KubeletRefusal ? error.toStatusError() : error;
    }
  }

  async serveSocket(
    accepted: AcceptedStream,
    request: ServerRequest,
    socket: Duplex,
    head: Uint8Array,
  ): Promise<void> {
    this.#check(accepted);
    try {
      if ((request.headers['upgrade'] ?? '').toLowerCase() === 'websocket') {
        const asked = listedNames(request.headers['sec-websocket-protocol']);
        const { protocol, service } = this.#webSocketService(accepted, asked);
        const isNamed = request.headers['sec-websocket-protocol'] !== undefined;
        const accept = acceptWebSocket(request, socket, head, isNamed ? protocol : undefined);
        await service(await accept, request.signal);
      } else {
        await this.#serveSpdy(accepted, request, socket, head);
      }
    } catch (error) {
      if (!(error instanceof KubeletRefusal)) throw error;
      await writeRawResponse(socket, error.toResponse());
    }
  }

  /** What the real server looks at before it asks the node. @throws StatusError */
  #check(accepted: AcceptedStream): void {
    if (accepted.subresource === 'portforward') parseForwardPorts(accepted);
    else parseCommandRequest(accepted.subresource, accepted);
    if (nodeOf(accepted.pod) === undefined) {
      throw badRequest(`pod ${podTargetOf(accepted.pod).pod} does not have a host assigned`);
    }
  }

  #backendOf(pod: JsonObject): NodeBackend {
    const name = nodeOf(pod) ?? '';
    const backend = this.#nodes.get(name);
    if (backend === undefined) {
      throw failure(
        500,
        'InternalError',
        `error dialing backend: the kubelet of node ${JSON.stringify(name)} is not connected`,
      );
    }
    return backend;
  }

  #webSocketService(
    accepted: AcceptedStream,
    asked: readonly string[],
  ): { readonly protocol: string; readonly service: WebSocketService } {
    const backend = this.#backendOf(accepted.pod);
    // Browsers send their token among the protocols.
    const offered = asked.filter((name) => !name.startsWith('base64url.bearer.'));
    if (accepted.subresource !== 'portforward') {
      const request = parseCommandRequest(accepted.subresource, accepted);
      checkCommandRequest(request, accepted);
      const protocol = negotiateWebSocketProtocol(offered, WEBSOCKET_COMMAND_PROTOCOLS);
      return {
        protocol: protocol.name,
        service: (socket, signal) =>
          serveWebSocketCommand({ socket, protocol, request, backend, signal }),
      };
    }
    const target = podTargetOf(accepted.pod);
    const { name } = negotiateWebSocketProtocol(offered, FORWARD_PROTOCOLS);
    if (name === TUNNEL_PROTOCOL) {
      return {
        protocol: name,
        service: async (socket, signal) => {
          const tunnel = new WebSocketDuplex(socket);
          tunnel.on('error', () => undefined);
          await serveSpdyForward({ socket: tunnel, target, backend, signal });
        },
      };
    }
    const ports = parseForwardPorts(accepted);
    checkForwardPorts(ports);
    return {
      protocol: name,
      service: (socket, signal) =>
        serveWebSocketForward({ socket, ports, target, backend, signal }),
    };
  }

  async #serveSpdy(
    accepted: AcceptedStream,
    request: ServerRequest,
    socket: Duplex,
    head: Uint8Array,
  ): Promise<void> {
    const backend = this.#backendOf(accepted.pod);
    const header = request.headers['x-stream-protocol-version'];
    const { signal } = request;
    const switchTo = (name: string) => {
      socket.write(`${SPDY_UPGRADE}X-Stream-Protocol-Version: ${name}\r\n\r\n`);
      if (head.byteLength > 0) socket.unshift(head);
    };
    if (accepted.subresource === 'portforward') {
      switchTo(negotiateSpdyProtocol(header, SPDY_FORWARD_PROTOCOLS).name);
      const target = podTargetOf(accepted.pod);
      await serveSpdyForward({ socket, target, backend, signal });
      return;
    }
    const command = parseCommandRequest(accepted.subresource, accepted);
    checkCommandRequest(command, accepted);
    const protocol = negotiateSpdyProtocol(header, SPDY_COMMAND_PROTOCOLS);
    switchTo(protocol.name);
    await serveSpdyCommand({ socket, protocol, request: command, backend, signal });
  }
}

/** The part of the server that talks to nodes; see {@link NodeStreams}. */
export function createNodeStreams(): NodeStreams & NodeConnections<NodeBackend> {
  return new ConnectedNodes();
}
