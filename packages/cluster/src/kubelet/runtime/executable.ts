import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';

/** Either the file to execute, or why there is none, in the words of a container runtime. */
export type ExecutableLookup =
  { readonly found: true; readonly file: string } | { readonly found: false; readonly why: string };

/** Looks a program up as `execvp` would: by its path when it has a slash, otherwise in PATH. */
export async function findExecutable(
  name: string,
  searchPath: string,
  workingDir: string,
): Promise<ExecutableLookup> {
  if (name.includes('/')) {
    const file = isAbsolute(name) ? name : resolve(workingDir, name);
    const kind = await inspect(file);
    switch (kind) {
      case 'executable':
        return { found: true, file };
      case 'absent':
        return missing(name, `stat ${name}: no such file or directory`);
      case 'directory':
        return missing(name, 'is a directory');
      case 'forbidden':
        return missing(name, 'permission denied');
      default:
        return kind satisfies never;
    }
  }
  for (const folder of searchPath.split(delimiter).filter((entry) => entry !== '')) {
    const file = join(folder, name);
    if ((await inspect(file)) === 'executable') return { found: true, file };
  }
  return missing(name, 'executable file not found in $PATH');
}

function missing(name: string, why: string): ExecutableLookup {
  return { found: false, why: `exec: ${JSON.stringify(name)}: ${why}` };
}

async function inspect(file: string): Promise<'executable' | 'absent' | 'directory' | 'forbidden'> {
  const info = await stat(file).catch(() => undefined);
  if (info === undefined) return 'absent';
  if (info.isDirectory()) return 'directory';
  try {
    await access(file, constants.X_OK);
  } catch {
    return 'forbidden';
  }
  // Root passes every access check; without any execute bit execve still refuses.
  return (info.mode & 0o111) === 0 ? 'forbidden' : 'executable';
}

/** The message of a container that could not be started, as containerd 2.2 with runc words it. */
export function startFailure(why: string): string {
  return `failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: ${why}`;
}

/** The message of a command that could not be started in a container, as containerd with runc words it. */
export function execFailure(why: string): string {
  const id = randomBytes(32).toString('hex');
  return `failed to exec in container: failed to start exec "${id}": OCI runtime exec failed: exec failed: unable to start container process: ${why}`;
}
