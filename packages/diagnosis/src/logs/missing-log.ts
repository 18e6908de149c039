/** What kubelets say, alone and whole: of a container that the runtime has removed, and of a log file that is gone. */
const kubeletAnswers = [
  /^unable to retrieve container logs for [^\s/]+:\/\/\S+$/,
  /^failed to try resolving symlinks in path "[^"\n]+": [^\n]+$/,
];

/** Longest of them, in characters: a path of a log is below 4,096. */
const longestAnswer = 5_000;

/**
 * Whether a text is not a log but what a kubelet answers, with status 200, where it has none: the container or its log was
 * removed since it was last heard of. `kubectl logs` prints it as if the program had said it. (Source: the kubelet's kuberuntime,
 * `GetContainerLogs` and `logs.ReadLogs`.)
 */
export function isMissingLog(text: string): boolean {
  if (text.length > longestAnswer) return false;
  const said = text.trim();
  return kubeletAnswers.some((answer) => answer.test(said));
}
