/** A server of the manager cannot listen because another program has the port. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly code = 'ERR_PORT_IN_USE';
  /** What the port is for, such as `metrics`. */
  readonly purpose: string;
  /** Address that was to be listened on. */
  readonly host: string;
  /** Port that was to be listened on. */
  readonly port: number;

  constructor(purpose: string, host: string, port: number, options?: ErrorOptions) {
    super(
      `the ${purpose} server cannot listen on ${host}:${String(port)}: the port is in use. ` +
        `Stop the other program, or choose another port (0 takes any free one, false switches the ${purpose} server off)`,
      options,
    );
    this.purpose = purpose;
    this.host = host;
    this.port = port;
  }
}
