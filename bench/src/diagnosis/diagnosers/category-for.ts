/** Words of the kubelet and its events that say the same as one of our categories. */
const sameWord: ReadonlyMap<string, string> = new Map([
  ['Error', 'AppError'],
  ['Completed', 'UnexpectedCompletion'],
  ['ErrImagePull', 'ImagePullBackOff'],
  ['ErrImageNeverPull', 'ImageNeverPull'],
  ['FailedCreatePodSandBox', 'SandboxCreationFailure'],
  ['FailedMount', 'VolumeMountFailure'],
  ['Unhealthy', 'ReadinessProbeFailure'],
  ['RunContainerError', 'StartError'],
  ['ContainerCannotRun', 'CommandNotFound'],
]);

/** The category that a reason stands for, read with good will; the reason itself where it stands for none. */
export function categoryFor(reason: string): string {
  return sameWord.get(reason) ?? reason;
}
