export { repositoryImages } from './images.ts';
export { applyManifests, ManifestError, readManifests, type Manifest } from './manifests.ts';
export { walkThrough } from './walk-through.ts';
