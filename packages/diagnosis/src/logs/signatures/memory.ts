import type { LogSignature } from '../signature.ts';

const heap = (summary: string) => (): { summary: string } => ({ summary });

/** The program ran out of the memory that its own runtime gives it. */
export const outOfHeap: LogSignature = {
  name: 'out-of-heap',
  weight: 3,
  patterns: [
    {
      match:
        /JavaScript heap out of memory|Reached heap limit|invalid array length Allocation failed/,
      runtime: 'node',
      means: heap('the JavaScript heap is out of memory'),
    },
    {
      match: /OutOfMemoryError(?:: ([\w ]{1,60}))?/,
      runtime: 'java',
      means: (what = '') => ({
        summary: `the JVM is out of memory${what === '' ? '' : ` (${what.trim()})`}`,
      }),
    },
    {
      match: /There is insufficient memory for the Java Runtime/,
      runtime: 'java',
      means: heap('the JVM got no memory'),
    },
    { match: /^\s{0,8}MemoryError\b/, runtime: 'python', means: heap('Python got no memory') },
    {
      match: /runtime: out of memory|cannot allocate memory|fatal error: out of memory/,
      runtime: 'go',
      means: heap('the program got no memory'),
    },
    {
      match: /memory allocation of \d{1,20} bytes failed/,
      runtime: 'rust',
      means: heap('the program got no memory'),
    },
    {
      match: /System\.OutOfMemoryException/,
      runtime: 'dotnet',
      means: heap('the .NET runtime got no memory'),
    },
    {
      match: /Allowed memory size of \d{1,20} bytes exhausted/,
      runtime: 'php',
      means: heap('PHP reached its memory_limit'),
    },
    {
      match: /NoMemoryError|failed to allocate memory/,
      runtime: 'ruby',
      means: heap('Ruby got no memory'),
    },
    {
      match: /std::bad_alloc|[Cc]annot allocate memory|ENOMEM|Out of memory/,
      means: heap('the program got no memory'),
    },
    {
      match: /(?:ERROR|FATAL|Worker)[^\n]{0,80}was sent SIGKILL! Perhaps out of memory\?/,
      runtime: 'python',
      means: heap('a worker process was killed, perhaps for memory'),
    },
  ],
  advice:
    'Raise the heap of the runtime together with the memory limit of the container (the heap below the limit), or find the leak.',
};
