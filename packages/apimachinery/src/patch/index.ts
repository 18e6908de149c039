export { applyJsonPatch, type JsonPatchOperation, type JsonPatchOptions } from './json-patch.ts';
export { createJsonPatch } from './json-patch-difference.ts';
export { formatJsonPointer, parseJsonPointer } from './json-pointer.ts';
export { applyMergePatch, createMergePatch } from './merge-patch.ts';
export { PatchError, type PatchErrorCode } from './patch-error.ts';
export {
  openApiPatchSchema,
  type OpenApiDefinitions,
  type PatchField,
  type PatchSchema,
  type PatchStrategy,
} from './patch-schema.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';
