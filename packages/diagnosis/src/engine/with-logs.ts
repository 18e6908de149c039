import type { ContainerFacts } from '../facts/index.ts';
import { lifeOfLog, listed } from '../facts/index.ts';
import { readLog } from '../logs/index.ts';
import type { Category, ContainerLog, Finding, LogExcerpt } from '../model/index.ts';

/** Categories that say how a program ended and leave open why: there the log has the last word. */
const saidByTheProgram: ReadonlySet<Category> = new Set<Category>([
  'AppError',
  'Aborted',
  'CommandNotExecutable',
  'CommandNotFound',
  'ExecFormatError',
  'StartError',
  'UnexpectedCompletion',
]);

/**
 * Adds what the logs of the container say: of the life that failed first. Where the category leaves open why the program
 * ended, the most telling line completes the sentence and brings its advice.
 */
export function withLogs(finding: Finding, container: ContainerFacts): Finding {
  const excerpts = excerptsOf(container);
  const [first] = excerpts;
  if (first === undefined) return finding;
  const logs = { logs: excerpts };
  if (!saidByTheProgram.has(finding.category)) return { ...finding, ...logs };
  return {
    ...finding,
    ...logs,
    summary: `${finding.summary.replace(/\.$/, '')}: ${first.summary}.`,
    ...(isCause(first) ? { advice: first.advice } : {}),
  };
}

function isCause({ signature }: LogExcerpt): boolean {
  return signature !== 'last-words' && signature !== 'uncaught-exception';
}

/** Of the log that tells most: of the life that failed, else of the message that it left, else of the other life. */
function excerptsOf({ pod, name, state, ended }: ContainerFacts): readonly LogExcerpt[] {
  const failed = state === 'terminated' ? 'current' : 'previous';
  const own = listed(pod.observation.logs).filter(
    (log) => lifeOfLog(log, pod, name) !== undefined && typeof log.text === 'string',
  );
  // Where the program never ran, the runtime has left the message.
  const message = ended?.neverBegan === true ? undefined : ended?.message.text;
  // The kubelet takes it from the program's own file, or from the end of its log.
  const left: readonly ContainerLog[] =
    message === undefined
      ? []
      : [{ pod: { name: pod.name }, container: name, life: failed, text: message }];
  const logs = [
    ...own.filter(({ life }) => life === failed),
    ...left,
    ...own.filter(({ life }) => life !== failed),
  ];
  for (const log of logs) {
    const excerpts = readLog(log);
    if (excerpts.length > 0) return excerpts;
  }
  return [];
}
