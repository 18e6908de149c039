import { quoted, type LineMeaning, type LogSignature } from '../signature.ts';

function missing(what: string): (name?: string) => LineMeaning {
  return (name = '') => ({ summary: `cannot find the ${what} ${quoted(name)}`, target: name });
}

/** A module, class or library that the program needs is not in the image. */
export const missingModule: LogSignature = {
  name: 'missing-module',
  weight: 3,
  patterns: [
    { match: /Cannot find module '([^']{1,300})'/, runtime: 'node', means: missing('module') },
    { match: /Cannot find package '([^']{1,300})'/, runtime: 'node', means: missing('package') },
    {
      match: /does not provide an export named '([^']{1,200})'/,
      runtime: 'node',
      means: missing('export'),
    },
    {
      match: /ModuleNotFoundError: No module named ['"]?([\w.]{1,200})/,
      runtime: 'python',
      means: missing('module'),
    },
    {
      match: /ImportError: (?:No module named|cannot import name) ['"]?([\w.]{1,200})/,
      runtime: 'python',
      means: missing('module'),
    },
    {
      match: /can't open file '([^']{1,300})': \[Errno 2\]/,
      runtime: 'python',
      means: missing('script'),
    },
    {
      match: /(?:ClassNotFoundException|NoClassDefFoundError)[:\s]{1,3}([\w./$]{1,300})/,
      runtime: 'java',
      means: missing('class'),
    },
    {
      match: /Could not find or load main class ([\w./$]{1,300})/,
      runtime: 'java',
      means: missing('main class'),
    },
    {
      match: /Unable to access jarfile ([^\s]{1,300})/,
      runtime: 'java',
      means: missing('jar'),
    },
    {
      match: /cannot load such file -- ([^\s()]{1,300})/,
      runtime: 'ruby',
      means: missing('file'),
    },
    {
      match: /Could not find gem '([^']{1,200})'/,
      runtime: 'ruby',
      means: missing('gem'),
    },
    {
      match:
        /Could not find ([\w.-]{1,100}-\d[\w.]{0,30}) in (?:any of the sources|locally installed gems)/,
      runtime: 'ruby',
      means: missing('gem'),
    },
    {
      match: /Could not load file or assembly '([^',]{1,200})/,
      runtime: 'dotnet',
      means: missing('assembly'),
    },
    {
      match: /(?:Class|Interface|Trait) ["']([\w\\]{1,200})["'] not found/,
      runtime: 'php',
      means: missing('class'),
    },
    {
      match: /Failed opening required '([^']{1,300})'/,
      runtime: 'php',
      means: missing('file'),
    },
    {
      match: /error while loading shared libraries: ([\w.+-]{1,200}): cannot open shared object/,
      means: missing('shared library'),
    },
    {
      match: /Error loading shared library ([\w.+-]{1,200}): No such file/,
      means: missing('shared library'),
    },
    {
      match: /version [`']([\w.]{1,60})' not found \(required by/,
      means: missing('library version'),
    },
  ],
  advice:
    'The image lacks something that the program needs: compare what it was built from with the last image that worked.',
};
