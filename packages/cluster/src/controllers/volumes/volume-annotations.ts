/** On a claim: it was bound once; should its volume be gone, so is its data. */
export const bindCompleted = 'pv.kubernetes.io/bind-completed';
/** On a claim or volume: a controller chose the other, not the user. */
export const boundByController = 'pv.kubernetes.io/bound-by-controller';
/** On a claim: the node that the scheduler chose for its first pod; the sign to provision a volume. */
export const selectedNode = 'volume.kubernetes.io/selected-node';
/** On a claim: who is to provision a volume for it. */
export const storageProvisioner = 'volume.kubernetes.io/storage-provisioner';
/** The older name of {@link storageProvisioner}, written too. */
export const betaStorageProvisioner = 'volume.beta.kubernetes.io/storage-provisioner';
/** On a volume: who provisioned it, and so will delete it. */
export const provisionedBy = 'pv.kubernetes.io/provisioned-by';
