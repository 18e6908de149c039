export * from './logger.ts';
export * from './pino-logger.ts';
export { redact } from './redact.ts';
export * from './silent-logger.ts';
