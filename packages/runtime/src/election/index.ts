export { newIdentity } from './election-identity.ts';
export * from './election-machine.ts';
export * from './election-settings.ts';
export * from './leader-elector.ts';
export type { Leadership } from './leadership.ts';
export * from './lease-lost-error.ts';
