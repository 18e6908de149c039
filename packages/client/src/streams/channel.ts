/**
 * Channels of the WebSocket sub-protocols `v4.channel.k8s.io` and `v5.channel.k8s.io`: the first byte of each message.
 */
export const channels = {
  stdin: 0,
  stdout: 1,
  stderr: 2,
  /** A `Status` that says how the command ended. */
  status: 3,
  /** The size of the terminal. */
  resize: 4,
  /** Version 5 only: the channel named by the next byte will carry nothing more. */
  close: 255,
} as const;

/** A message on a channel. */
export function channelMessage(channel: number, payload: Uint8Array): Uint8Array {
  const message = new Uint8Array(payload.byteLength + 1);
  message[0] = channel;
  message.set(payload, 1);
  return message;
}
