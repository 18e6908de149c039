export type {
  ConversionByWebhook,
  ConversionOutput,
  VersionConverter,
  VersionConverters,
} from './conversion/version-converter.ts';
export { CustomResourceError, type CustomResourceErrorCode } from './custom-resource-error.ts';
export {
  defineCustomResource,
  type CustomResource,
  type CustomResourceOptions,
  type ObjectOfVersion,
  type SpecInputOf,
  type VersionedResource,
} from './definition/custom-resource.ts';
export type { AllPresent, ObjectPaths, PathStep } from './definition/field-path.ts';
export type {
  ColumnBuilder,
  ColumnOptions,
  ColumnType,
  PrinterColumn,
} from './definition/printer-column.ts';
export {
  defineVersion,
  type CustomObject,
  type CustomResourceVersion,
  type ScaleDefinition,
  type VersionDefinition,
} from './definition/version.ts';
export { convertSchema } from './schema/convert-schema.ts';
export {
  atomic,
  conditions,
  embeddedObject,
  intOrString,
  listMap,
  listSet,
  withRule,
  type CelRule,
} from './schema/markers.ts';
export type { StructuralSchema } from './schema/structural-schema.ts';
export {
  driftExitCode,
  findDrift,
  formatDrift,
  writeGeneratedFiles,
  type Drift,
  type GeneratedFiles,
  type GeneratedFilesOptions,
} from './output/generated-files.ts';
export { deriveRole, type RoleOptions } from './rbac/derive-role.ts';
export { permission, type PermissionOptions, type Verb } from './rbac/permission.ts';
export { RoleError, type RoleErrorCode } from './rbac/role-error.ts';
