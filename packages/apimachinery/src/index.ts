export * from './cron/index.ts';
export { asError } from './as-error.ts';
export { deepEqual } from './deep-equal.ts';
export * from './fields/field-selector.ts';
export {
  getOwn,
  isDeeperThan,
  isJsonObject,
  type JsonObject,
  type JsonValue,
} from './json-value.ts';
export * from './kinds/index.ts';
export * from './labels/index.ts';
export * from './meta/index.ts';
export * from './names/index.ts';
export * from './object.ts';
export * from './patch/index.ts';
export * from './quantity/index.ts';
export * from './resource.ts';
export * from './status-error.ts';
export * from './text/index.ts';
export type * from './transport.ts';
export { toYaml, writeYaml, type YamlOptions } from './yaml/to-yaml.ts';
