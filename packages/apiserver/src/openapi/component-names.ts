import type { ResourceType } from '../contracts.ts';

/** Prefix of references in OpenAPI v3 documents. */
export const COMPONENT_PREFIX = '#/components/schemas/';

/** A reference to a schema of the same document. */
export function componentRef(name: string): { readonly $ref: string } {
  return { $ref: `${COMPONENT_PREFIX}${name}` };
}

/** `com.example.v1.Widget` for the kind Widget of `example.com/v1`: the domain is reversed, as in package names. */
export function customComponentName(
  type: Pick<ResourceType, 'group' | 'version'>,
  kind: string,
): string {
  return [...type.group.split('.').reverse(), type.version, kind].join('.');
}

/** `appsV1` for `apps/v1`, `coreV1` for the core group: the part of operation ids that names the group. */
export function operationGroup(group: string): string {
  const name = group === '' ? 'core' : group.replace(/\.k8s\.io$/, '');
  return name
    .split(/[.-]/)
    .map((part, index) => (index === 0 ? part : upperFirst(part)))
    .join('');
}

/** The text with its first letter in upper case. */
export function upperFirst(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}
