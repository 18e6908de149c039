import type { ContainerFacts, PodFacts } from '../facts/index.ts';

/** A shell command to offer to a person: words that a shell would read otherwise are quoted. */
export function command(...words: readonly (string | undefined)[]): string {
  const shell = words
    .filter((word) => word !== undefined)
    .map((word) => (/^[\w.,:/=@%+-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`));
  return `\`${shell.join(' ')}\``;
}

/** `kubectl VERB -n NAMESPACE …`, in the namespace of the pod. */
export function kubectl(
  { namespace }: Pick<PodFacts, 'namespace'>,
  verb: string,
  ...words: readonly (string | undefined)[]
): string {
  const place = namespace === undefined ? [] : ['-n', namespace];
  return command('kubectl', verb, ...place, ...words);
}

/** The command that shows what a container said before it was restarted, or says now. */
export function kubectlLogs({ pod, name, state }: ContainerFacts): string {
  const life = state === 'terminated' ? undefined : '--previous';
  return kubectl(pod, 'logs', pod.name, '-c', name, life);
}
