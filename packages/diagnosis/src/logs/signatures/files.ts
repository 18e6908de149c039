import { quoted, type LineMeaning, type LogSignature } from '../signature.ts';

function at(what: string): (path?: string) => LineMeaning {
  return (path = '') =>
    path === '' ? { summary: what } : { summary: `${what}: ${quoted(path)}`, target: path };
}

/** Something the user of the process may not do. */
export const permissionDenied: LogSignature = {
  name: 'permission-denied',
  weight: 3,
  patterns: [
    {
      match:
        /E(?:ACCES|PERM): (?:permission denied|operation not permitted), \w{1,20} '([^']{1,300})'/,
      runtime: 'node',
      means: at('permission was denied'),
    },
    {
      match: /listen E(?:ACCES|PERM)[^\n]{0,60}?([\d.:[\]*]{1,60}\d)/,
      runtime: 'node',
      means: (target = '') => ({ summary: `it may not listen on ${target}`, target }),
    },
    {
      match: /PermissionError: \[Errno 13\] Permission denied(?:: '([^']{1,300})')?/,
      runtime: 'python',
      means: at('permission was denied'),
    },
    {
      match:
        /(?:open|mkdir|create|remove|chmod|stat|unlink|rename) ([^\s:]{1,300}): permission denied/,
      runtime: 'go',
      means: at('permission was denied'),
    },
    {
      match: /bind: permission denied/,
      means: () => ({ summary: 'it may not listen on a port below 1024' }),
    },
    {
      match: /bind\(\) to ([\w.:[\]*-]{1,60}) failed \(13/,
      means: (target = '') => ({ summary: `it may not listen on ${target}`, target }),
    },
    {
      match: /AccessDeniedException: ([^\s]{1,300})/,
      runtime: 'java',
      means: at('permission was denied'),
    },
    {
      match: /Access to the path '([^']{1,300})' is denied/,
      runtime: 'dotnet',
      means: at('permission was denied'),
    },
    {
      match: /Permission denied @ \w{1,30} - ([^\s]{1,300})/,
      runtime: 'ruby',
      means: at('permission was denied'),
    },
    {
      match: /([^\s:'"]{1,300}): [Pp]ermission denied/,
      means: at('permission was denied'),
    },
    {
      match: /[Pp]ermission denied|EACCES|[Oo]peration not permitted|EPERM/,
      means: () => ({ summary: 'permission was denied' }),
    },
  ],
  advice:
    'The user the container runs as may not: look at runAsUser, fsGroup, the mode of the file in the image, and dropped capabilities.',
};

/** A root file system that cannot be written. */
export const readOnlyFileSystem: LogSignature = {
  name: 'read-only-file-system',
  weight: 3,
  patterns: [
    {
      match: /EROFS: read-only file system, \w{1,20} '([^']{1,300})'/,
      runtime: 'node',
      means: at('a file on a read-only file system was to be written'),
    },
    {
      match:
        /([^\s:'"]{1,300})['"]?: [Rr]ead-only file ?system|Read-only file system: '([^']{1,300})'/,
      means: (path = '', other = '') =>
        at('a file on a read-only file system was to be written')(path || other),
    },
    {
      match: /[Rr]ead-only file ?system|EROFS/,
      means: () => ({ summary: 'a file on a read-only file system was to be written' }),
    },
  ],
  advice:
    'Mount an emptyDir where the program writes, or allow it to write to its root file system.',
};

/** No room left. */
export const noSpace: LogSignature = {
  name: 'no-space',
  weight: 3,
  patterns: [
    {
      match:
        /ENOSPC|[Nn]o space left on device|disk quota exceeded|There is not enough space on the disk/,
      means: () => ({ summary: 'there is no space left on a disk' }),
    },
  ],
  advice:
    'Find out which volume is full, and make room or make it larger; many pods of one node: the node’s disk.',
};

/** A file that is not there. */
export const fileNotFound: LogSignature = {
  name: 'file-not-found',
  weight: 2,
  patterns: [
    {
      match: /ENOENT: no such file or directory, \w{1,20} '([^']{1,300})'/,
      runtime: 'node',
      means: at('a file does not exist'),
    },
    {
      match: /FileNotFoundError: \[Errno 2\] No such file or directory: '([^']{1,300})'/,
      runtime: 'python',
      means: at('a file does not exist'),
    },
    {
      match: /(?:open|stat|read|lstat|chdir) ([^\s:]{1,300}): no such file or directory/,
      runtime: 'go',
      means: at('a file does not exist'),
    },
    {
      match: /(?:FileNotFoundException|NoSuchFileException): ([^\s(]{1,300})/,
      runtime: 'java',
      means: at('a file does not exist'),
    },
    {
      match: /Could not find file '([^']{1,300})'/,
      runtime: 'dotnet',
      means: at('a file does not exist'),
    },
    {
      match: /exec ([^\s:]{1,300}): no such file or directory/,
      means: at('a program, or the interpreter its first line names, does not exist'),
    },
    {
      match: /([^\s:'"]{1,300})['"]?: No such file or directory/,
      means: at('a file does not exist'),
    },
  ],
  advice: 'Is the file in the image, or in a volume that is mounted at another path?',
};

/** A shell that cannot find what it shall run, or an image of another architecture. */
export const cannotExecute: LogSignature = {
  name: 'cannot-execute',
  weight: 3,
  patterns: [
    {
      match: /exec format error/i,
      means: () => ({
        summary: 'the program was built for another architecture, or has no #! line',
      }),
    },
    {
      match: /(?:^|: )(?:line \d{1,6}: |\d{1,6}: )?([\w./-]{1,200}): (?:command )?not found\s*$/,
      means: at('a command does not exist'),
    },
  ],
  advice:
    'Compare the command with what is in the image, and the image’s architecture with the node’s.',
};

/** More open files than allowed. */
export const tooManyFiles: LogSignature = {
  name: 'too-many-files',
  weight: 3,
  patterns: [
    {
      match: /EMFILE|ENFILE|[Tt]oo many open files/,
      means: () => ({ summary: 'too many files are open' }),
    },
  ],
  advice:
    'A leak of files or sockets, or a limit (ulimit, inotify watches of the node) that is too low.',
};
