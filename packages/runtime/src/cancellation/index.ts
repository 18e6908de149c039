export * from './linked-abort.ts';
