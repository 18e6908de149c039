import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { addAbortSignal } from 'node:stream';
import { text } from 'node:stream/consumers';
import { asError, type KubernetesObject } from '@kubewright/apimachinery';
import type { CommandContext } from '../command-context.ts';
import { CommandError } from '../command-error.ts';
import { readObjects } from './read-objects.ts';

/**
 * Reads the objects of files; `-` is the standard input. An object that is in several of them counts once, as the last says.
 *
 * @throws CommandError when a file cannot be read, or holds something else.
 */
export async function readInput(
  paths: readonly string[],
  { stdin, cwd, signal }: Pick<CommandContext, 'stdin' | 'cwd' | 'signal'>,
): Promise<KubernetesObject[]> {
  const byIdentity = new Map<string, KubernetesObject>();
  for (const path of paths) {
    const objects =
      path === '-'
        ? readObjects(await readPiped(stdin, signal), 'the standard input')
        : readObjects(await readText(resolve(cwd, path), path), path);
    for (const object of objects) {
      const { namespace = '', name = '', uid = '' } = object.metadata;
      byIdentity.set(`${object.kind ?? ''}/${namespace}/${name}/${uid}`, object);
    }
  }
  return [...byIdentity.values()];
}

async function readPiped(stdin: CommandContext['stdin'], signal: AbortSignal): Promise<string> {
  // Whoever pipes may write nothing and not close.
  const piped = await text(addAbortSignal(signal, stdin));
  if (piped.trim() !== '') return piped;
  throw new CommandError(
    'nothing came through the standard input; to look at a cluster name what: pod/NAME, --namespace NAME or --all-namespaces',
  );
}

async function readText(path: string, given: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EISDIR') {
      throw new CommandError(`${given} is a folder: name the files in it`, { cause: error });
    }
    const why = code === 'ENOENT' ? 'there is no such file' : asError(error).message;
    throw new CommandError(`cannot read ${given}: ${why}`, { cause: error });
  }
}
