import document from '@kubewright/apimachinery/openapi/builtin.json' with { type: 'json' };
import type { Scope } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';

/** One schema of the built-in document: OpenAPI v2 with the `x-kubernetes-` extensions, without prose. */
export interface BuiltinDefinition {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly required?: readonly string[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, BuiltinDefinition>>;
  readonly items?: BuiltinDefinition;
  readonly additionalProperties?: BuiltinDefinition;
  readonly 'x-kubernetes-list-type'?: 'atomic' | 'set' | 'map';
  readonly 'x-kubernetes-list-map-keys'?: readonly string[];
  readonly 'x-kubernetes-map-type'?: 'granular' | 'atomic';
  readonly 'x-kubernetes-patch-strategy'?: string;
  readonly 'x-kubernetes-patch-merge-key'?: string;
  readonly 'x-kubernetes-unions'?: readonly JsonObject[];
  readonly 'x-kubernetes-group-version-kind'?: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  }[];
}

/** The description of the built-in kinds that all parts of the server share. */
export interface BuiltinDocument {
  /** Kubernetes minor version: `1.36`. */
  readonly version: string;
  readonly resources: readonly {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
    readonly plural: string;
    readonly scope: Scope;
  }[];
  /** By full name, such as `io.k8s.api.core.v1.Pod`. */
  readonly definitions: Readonly<Record<string, BuiltinDefinition>>;
}

// The file is generated together with the interface above; its inferred type is one literal of thousands of members.
export const BUILTIN_DOCUMENT: BuiltinDocument = document as unknown as BuiltinDocument;

const REFERENCE_PREFIX = '#/definitions/';

/** The name of the definition that a `$ref` points at. */
export function referencedName(reference: string): string {
  return reference.slice(REFERENCE_PREFIX.length);
}
