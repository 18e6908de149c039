import { controllerOf } from '@kubewright/apimachinery';

/** An object has a name that the cluster needs, and is not the cluster's: it is left as it is. */
export class NameTakenError extends Error {
  override readonly name = 'NameTakenError';
  readonly code = 'NAME_TAKEN';

  constructor(kind: string, name: string) {
    super(
      `a ${kind} named ${name} exists already and does not belong to this cluster: delete or rename it, or give the cluster another name`,
    );
  }
}

/** An object of an earlier cluster of the same name is still there: it is about to be collected. */
export class PredecessorError extends Error {
  override readonly name = 'PredecessorError';
  readonly code = 'PREDECESSOR';

  constructor(kind: string, name: string) {
    super(`waiting for the ${kind} ${name} of an earlier cluster of this name to go`);
  }
}

/** What is wrong when an object that a cluster needs is there and is not the cluster's. */
export function foreignObjectError(
  kind: string,
  name: string,
  object: Parameters<typeof controllerOf>[0],
  owner: { readonly metadata: { readonly name: string } },
): NameTakenError | PredecessorError {
  const controller = controllerOf(object);
  const isPredecessors =
    controller?.kind === 'DatabaseCluster' && controller.name === owner.metadata.name;
  return isPredecessors ? new PredecessorError(kind, name) : new NameTakenError(kind, name);
}
