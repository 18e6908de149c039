import type { KubernetesObject, ObjectMeta } from '@kubewright/apimachinery';
import type * as z from 'zod';
import { recordPath, type ObjectPaths, type PathStep } from './field-path.ts';
import type { CelRule } from '../schema/markers.ts';
import { columnBuilder, type ColumnBuilder, type PrinterColumn } from './printer-column.ts';

/** The objects of a version, as a server stores them: defaults are filled in. */
export type CustomObject<
  Spec extends z.ZodType,
  Status extends z.ZodType = z.ZodUndefined,
> = KubernetesObject & {
  metadata: ObjectMeta;
  spec: z.output<Spec>;
  status?: z.output<Status> | undefined;
};

/** What `kubectl scale` and the HorizontalPodAutoscaler need to know, by typed accessors. */
export interface ScaleDefinition<T extends { metadata: unknown }> {
  /** The field that says how many there should be. */
  readonly specReplicas: (object: ObjectPaths<T>) => number;
  /** The field that says how many there are. */
  readonly statusReplicas: (object: ObjectPaths<T>) => number;
  /** A field with a label selector as text. Default: none, which an autoscaler cannot use. */
  readonly labelSelector?: (object: ObjectPaths<T>) => string;
}

/** One version of a custom resource. */
export interface VersionDefinition<
  Name extends string,
  Storage extends boolean,
  Spec extends z.ZodType,
  Status extends z.ZodType,
> {
  /** Such as `v1` or `v1beta1`. */
  readonly name: Name;
  /** Objects are stored in this version; true for exactly one. */
  readonly storage: Storage;
  /** Default true. */
  readonly served?: boolean;
  readonly spec: Spec;
  /** With a status the resource gets the status subresource. Default: none. */
  readonly status?: Status;
  /**
   * Rules over whole objects, beyond those over spec and status. Of the metadata CEL sees name and generateName alone.
   * Default: none.
   */
  readonly rules?: readonly CelRule<CustomObject<Spec, Status>>[];
  /** Shown by `kubectl explain`. */
  readonly description?: string;
  /** Columns of `kubectl get`. Default: those of the server, Name and Age. */
  readonly printerColumns?: (
    column: ColumnBuilder<CustomObject<Spec, Status>>,
  ) => readonly PrinterColumn[];
  /** The scale subresource. Default: none. */
  readonly scale?: ScaleDefinition<CustomObject<Spec, Status>>;
  /** Scalar fields that a field selector may use besides name and namespace; at most 8. Default: none. */
  readonly selectableFields?: readonly ((
    object: ObjectPaths<CustomObject<Spec, Status>>,
  ) => string | number | boolean)[];
  /** Warn users of this version, in these words. Default: not deprecated. */
  readonly deprecationWarning?: string;
}

/** A version whose accessors have been read. */
export interface CustomResourceVersion<
  Name extends string = string,
  Storage extends boolean = boolean,
  Spec extends z.ZodType = z.ZodType,
  Status extends z.ZodType = z.ZodType,
> {
  readonly name: Name;
  readonly storage: Storage;
  /** Whether clients can use it. */
  readonly served: boolean;
  readonly spec: Spec;
  readonly status: Status | undefined;
  /** Rules over whole objects. */
  readonly rules: readonly CelRule<never>[];
  /** Shown by `kubectl explain`. */
  readonly description: string | undefined;
  /** Columns of `kubectl get`; empty for those of the server. */
  readonly printerColumns: readonly PrinterColumn[];
  /** Paths of what an autoscaler reads and sets; undefined without the scale subresource. */
  readonly scale:
    | {
        readonly specReplicas: readonly PathStep[];
        readonly statusReplicas: readonly PathStep[];
        readonly labelSelector: readonly PathStep[] | undefined;
      }
    | undefined;
  /** Paths of the fields that a field selector may use. */
  readonly selectableFields: readonly (readonly PathStep[])[];
  /** What users of this version are warned of; undefined when it is not deprecated. */
  readonly deprecationWarning: string | undefined;
}

/**
 * One version of a custom resource, for `defineCustomResource`.
 *
 * @throws CustomResourceError `INVALID_DEFINITION` when an accessor names no path.
 */
export function defineVersion<
  const Name extends string,
  const Storage extends boolean,
  Spec extends z.ZodType,
  Status extends z.ZodType = z.ZodUndefined,
>(
  definition: VersionDefinition<Name, Storage, Spec, Status>,
): CustomResourceVersion<Name, Storage, Spec, Status> {
  type Versioned = CustomObject<Spec, Status>;
  const { name, storage, spec, scale } = definition;
  return Object.freeze({
    name,
    storage,
    served: definition.served ?? true,
    spec,
    status: definition.status,
    rules: definition.rules ?? [],
    description: definition.description,
    printerColumns: definition.printerColumns?.(columnBuilder<Versioned>()) ?? [],
    scale:
      scale === undefined
        ? undefined
        : {
            specReplicas: recordPath<Versioned>(scale.specReplicas, 'scale.specReplicas'),
            statusReplicas: recordPath<Versioned>(scale.statusReplicas, 'scale.statusReplicas'),
            labelSelector:
              scale.labelSelector === undefined
                ? undefined
                : recordPath<Versioned>(scale.labelSelector, 'scale.labelSelector'),
          },
    selectableFields: (definition.selectableFields ?? []).map((accessor) =>
      recordPath<Versioned>(accessor, 'selectableFields'),
    ),
    deprecationWarning: definition.deprecationWarning,
  });
}
