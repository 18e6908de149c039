export { chartFiles } from './chart/chart-files.ts';
export { bundleOperator, bundlePath } from './image/bundle.ts';
export { dockerfile } from './image/dockerfile.ts';
export { installManifests } from './manifests/install-manifests.ts';
export {
  defineOperator,
  type ChartSettings,
  type DeploymentSettings,
  type OperatorDefinition,
  type OperatorOptions,
  type OperatorPermissions,
  type PackagedOption,
  type PackagedProgram,
  type StandardOptionName,
  type StandardPackagedOption,
} from './operator-definition.ts';
export { packageFiles, type PackageFiles } from './package-files.ts';
