import type { ResourceType } from '../../contracts.ts';
import { dropZeroMembers } from '../../registry/struct-shapes.ts';
import { createBuiltinSchemas } from '../../schema/builtin-schemas.ts';

const schemas = createBuiltinSchemas();

/** What a scale is read and merged by: a kind like others, that is served only below the objects that have one. */
export const SCALE_TYPE: ResourceType = {
  group: 'autoscaling',
  version: 'v1',
  kind: 'Scale',
  listKind: 'ScaleList',
  plural: 'scales',
  singular: 'scale',
  scope: 'Namespaced',
  shortNames: [],
  categories: [],
  verbs: [],
  subresources: new Map(),
  origin: 'builtin',
  // Parsed when the first scale is written.
  get schema() {
    return schemas.schemaOf('autoscaling', 'v1', 'Scale');
  },
  strategy: {
    hasGeneration: false,
    allowUnconditionalUpdate: true,
    allowCreateOnUpdate: false,
    applyDefaults(scale) {
      dropZeroMembers(SCALE_TYPE.schema.root, scale);
    },
  },
  storageKey: 'scales',
  selectableFields: new Map(),
};
