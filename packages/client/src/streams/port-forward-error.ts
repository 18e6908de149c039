/** The node could not connect to the port, or lost the connection. The message is the node's. */
export class PortForwardError extends Error {
  override readonly name = 'PortForwardError';
  readonly code = 'PORT_FORWARD_FAILED';
  /** Port of the pod. */
  readonly port: number;

  constructor(message: string, port: number) {
    super(message);
    this.port = port;
  }
}
