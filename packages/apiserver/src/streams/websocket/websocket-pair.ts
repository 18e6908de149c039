import type { WebSocketConnection } from '@kubewright/apimachinery';
import { WebSocketClosed, type ChannelSocket } from './channel-socket.ts';
import { MessageQueue } from './message-queue.ts';

/** What both ends share. */
interface Link {
  readonly toServer: MessageQueue;
  readonly toClient: MessageQueue;
  readonly closeListeners: Set<() => void>;
  isClosed: boolean;
}

function close(link: Link): void {
  if (link.isClosed) return;
  link.isClosed = true;
  link.toServer.end();
  link.toClient.end();
  for (const listener of link.closeListeners) listener();
  link.closeListeners.clear();
}

async function send(link: Link, queue: MessageQueue, message: Uint8Array): Promise<void> {
  // The sender may use its buffer again: each side owns what it gets.
  if (link.isClosed || !queue.push(Uint8Array.from(message))) throw new WebSocketClosed();
  await queue.room();
}

/** Both ends of a WebSocket within the process, as after a handshake that chose `protocol`. */
export function createWebSocketPair(
  protocol: string,
  signal: AbortSignal | undefined,
): { readonly client: WebSocketConnection; readonly server: ChannelSocket } {
  const link: Link = {
    toServer: new MessageQueue(),
    toClient: new MessageQueue(),
    closeListeners: new Set(),
    isClosed: false,
  };
  if (signal !== undefined) {
    const abort = () => {
      // Whoever reads is told why, as with any aborted work.
      link.toClient.end(signal.reason instanceof Error ? signal.reason : new WebSocketClosed());
      close(link);
    };
    if (signal.aborted) abort();
    else {
      signal.addEventListener('abort', abort, { once: true });
      link.closeListeners.add(() => signal.removeEventListener('abort', abort));
    }
  }
  return {
    client: {
      protocol,
      messages: link.toClient,
      send: (message) => send(link, link.toServer, message),
      close: async () => close(link),
    },
    server: {
      protocol,
      messages: link.toServer,
      send: (message) => send(link, link.toClient, message),
      sendText: (text) => send(link, link.toClient, Buffer.from(text)),
      onClose: (listener) => {
        if (link.isClosed) listener();
        else link.closeListeners.add(listener);
      },
      close: async () => close(link),
      destroy: () => close(link),
    },
  };
}
