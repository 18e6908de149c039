export { applyManifests, ManifestError, readManifests, type Manifest } from './manifests.ts';
export { images, walkThrough } from './walk-through.ts';
