import type { PatchField, PatchSchema, PatchStrategy } from '@kubewright/apimachinery';
import type { SchemaNode } from '../contracts.ts';

/** How a strategic merge patch sees a schema. */
export function patchSchemaOf(node: SchemaNode, name: string): PatchSchema {
  return {
    name,
    field(fieldName): PatchField | undefined {
      const child = node.properties?.get(fieldName) ?? node.additionalProperties;
      if (child === undefined) return undefined;
      return {
        strategies: (child.patchStrategy ?? []).filter(
          (strategy): strategy is PatchStrategy =>
            strategy === 'merge' || strategy === 'replace' || strategy === 'retainKeys',
        ),
        mergeKey: child.patchMergeKey,
        value: patchSchemaOf(child.type === 'array' ? (child.items ?? child) : child, fieldName),
      };
    },
  };
}
