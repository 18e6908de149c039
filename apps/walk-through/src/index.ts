export { repositoryImages } from './images.ts';
export { applyManifests, ManifestError, readManifests, type Manifest } from './manifests.ts';
export { databaseUsers } from './postgres-images.ts';
export { walkThrough } from './walk-through.ts';
