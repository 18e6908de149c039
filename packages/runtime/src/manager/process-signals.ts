/** What a process does on SIGTERM and SIGINT. */
export interface SignalHandlers {
  /** The first signal: end in good order. */
  readonly stop: (signal: NodeJS.Signals) => void;
  /** The second: end now. A third one has its default effect, so that a hanging process can be ended. */
  readonly force: (signal: NodeJS.Signals) => void;
}

const handled = ['SIGTERM', 'SIGINT'] as const;

/** Listens to SIGTERM and SIGINT until it is disposed of. */
export function handleSignals(handlers: SignalHandlers): Disposable {
  let seen = 0;
  const dispose = (): void => {
    for (const signal of handled) process.off(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    seen += 1;
    if (seen === 1) {
      handlers.stop(signal);
      return;
    }
    dispose();
    handlers.force(signal);
  };
  for (const signal of handled) process.on(signal, onSignal);
  return { [Symbol.dispose]: dispose };
}
