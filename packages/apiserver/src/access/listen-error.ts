/** The server could not take its address. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** `address-in-use`: something listens there already; `listen-failed`: any other reason, see `cause`. */
  readonly code: 'address-in-use' | 'listen-failed';

  constructor(host: string, port: number, cause: NodeJS.ErrnoException) {
    const isTaken = cause.code === 'EADDRINUSE';
    super(
      isTaken
        ? `listen on ${host}:${port}: the port is in use by another process; choose another one, or 0 for any free port`
        : `listen on ${host}:${port}: ${cause.message}`,
      { cause },
    );
    this.code = isTaken ? 'address-in-use' : 'listen-failed';
  }
}
