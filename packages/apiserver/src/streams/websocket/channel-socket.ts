import type { WebSocketConnection } from '@kubewright/apimachinery';

/** A WebSocket as the server uses it: whole messages, and a way to send text for the protocols that want it. */
export interface ChannelSocket extends WebSocketConnection {
  /** Sends a message as text; in memory there is no difference. */
  sendText(text: string): Promise<void>;
  /** Called once when the connection is over, for whatever reason. */
  onClose(listener: () => void): void;
  /** Cuts the connection at once. */
  destroy(): void;
}

/** The other side has closed the connection. */
export class WebSocketClosed extends Error {
  override readonly name = 'WebSocketClosed';
  readonly code = 'websocket-closed';

  constructor(options?: ErrorOptions) {
    super('the WebSocket is closed', options);
  }
}
