import type { Logger } from './logger.ts';

/** A logger that says nothing: for tests, and the default where a logger is optional. */
export const silentLogger: Logger = Object.freeze({
  debug: ignore,
  info: ignore,
  warn: ignore,
  error: ignore,
  with(): Logger {
    return silentLogger;
  },
});

function ignore(): void {
  return undefined;
}
