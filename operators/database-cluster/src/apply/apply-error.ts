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
