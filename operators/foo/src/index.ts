export * from './api/foo.ts';
export * from './foo-controller.ts';
export * from './permissions.ts';
export { program } from './program.ts';
