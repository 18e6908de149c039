/** What a version of the protocol for commands can say. */
export interface CommandProtocol {
  /** As negotiated; empty for clients that name none over a WebSocket. */
  readonly name: string;
  /** The error channel carries a Status as JSON; before, the bare text of a failure. */
  readonly statusAsJson: boolean;
  /** There is a channel for sizes of the terminal. */
  readonly hasResize: boolean;
  /** A client can end single channels. Over WebSockets only: SPDY always could. */
  readonly hasClose: boolean;
  /** Messages are text in base64 after the digit of the channel. WebSockets only. */
  readonly isBase64: boolean;
}

function protocol(name: string, version: number, isBase64 = false): CommandProtocol {
  return {
    name,
    statusAsJson: version >= 4,
    hasResize: version >= 3,
    hasClose: version >= 5,
    isBase64,
  };
}

/** Over WebSockets; in the order in which the real server names them. */
export const WEBSOCKET_COMMAND_PROTOCOLS: readonly CommandProtocol[] = [
  protocol('v5.channel.k8s.io', 5),
  protocol('', 1),
  protocol('channel.k8s.io', 1),
  protocol('base64.channel.k8s.io', 1, true),
  protocol('v4.channel.k8s.io', 4),
  protocol('v4.base64.channel.k8s.io', 4, true),
];

/** Over SPDY/3.1, the server's preference first. */
export const SPDY_COMMAND_PROTOCOLS: readonly CommandProtocol[] = [
  protocol('v4.channel.k8s.io', 4),
  protocol('v3.channel.k8s.io', 3),
  protocol('v2.channel.k8s.io', 2),
  protocol('channel.k8s.io', 1),
];
