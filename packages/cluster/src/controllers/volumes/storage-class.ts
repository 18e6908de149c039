import type {
  DeepReadonly,
  PersistentVolume,
  PersistentVolumeClaim,
  StorageClass,
  Stored,
} from '@kubewright/apimachinery';

const defaultAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
];
const classAnnotation = 'volume.beta.kubernetes.io/storage-class';

/** Name of the class of a claim or a volume; empty for none. An old annotation wins, as in Kubernetes. */
export function classNameOf(
  object: DeepReadonly<PersistentVolumeClaim> | DeepReadonly<PersistentVolume>,
): string {
  return object.metadata.annotations?.[classAnnotation] ?? object.spec?.storageClassName ?? '';
}

/** Whether a claim says which class it wants; the empty name means none. */
export function namesClass(claim: DeepReadonly<PersistentVolumeClaim>): boolean {
  return (
    claim.metadata.annotations?.[classAnnotation] !== undefined ||
    claim.spec?.storageClassName !== undefined
  );
}

/** The class of claims that name none: of those marked as default the newest, then by name. */
export function defaultClass(
  classes: readonly DeepReadonly<Stored<StorageClass>>[],
): DeepReadonly<Stored<StorageClass>> | undefined {
  const age = ({ metadata }: DeepReadonly<Stored<StorageClass>>): number =>
    Date.parse(metadata.creationTimestamp);
  return classes
    .filter(({ metadata }) =>
      defaultAnnotations.some((name) => metadata.annotations?.[name] === 'true'),
    )
    .sort((a, b) => age(b) - age(a) || (a.metadata.name < b.metadata.name ? -1 : 1))[0];
}

/** Whether claims of a class are bound only when a pod is scheduled. */
export function waitsForConsumer(storageClass: DeepReadonly<StorageClass> | undefined): boolean {
  return storageClass?.volumeBindingMode === 'WaitForFirstConsumer';
}
