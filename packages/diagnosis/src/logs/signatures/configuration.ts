import { quoted, type LineMeaning, type LogSignature } from '../signature.ts';

function variable(name = ''): LineMeaning {
  return { summary: `the environment variable ${quoted(name)} is not set`, target: name };
}

/** A setting that is missing or wrong. */
export const badConfiguration: LogSignature = {
  name: 'bad-configuration',
  weight: 3,
  patterns: [
    {
      match: /KeyError: '([A-Z][A-Z0-9_]{2,80})'/,
      runtime: 'python',
      means: variable,
    },
    {
      match: /key not found: "([A-Z][A-Z0-9_]{2,80})"/,
      runtime: 'ruby',
      means: variable,
    },
    {
      match:
        /(?:env(?:ironment)? ?(?:var(?:iable)?)?s?)[:\s]{1,3}["'`]?([A-Z][A-Z0-9_]{2,80})["'`]? (?:is |was |must be |not |missing|required|undefined|unset)/i,
      means: (name = '') => (/^[A-Z]/.test(name) ? variable(name) : undefined),
    },
    {
      match:
        /["'`]?\b([A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,60})\b["'`]?:? (?:environment variable )?(?:(?:is |was )?(?:not (?:set|defined|specified|provided)|missing|required|undefined|unset|empty)|must be (?:set|defined|specified|provided))/,
      means: variable,
    },
    {
      match:
        /(?:[Mm]issing|[Rr]equired|[Uu]ndefined)(?: required)?(?: env(?:ironment)?)?(?: var(?:iable)?)?s?:? ["'`]?\b([A-Z][A-Z0-9]{1,40}_[A-Z0-9_]{1,60})\b/,
      means: variable,
    },
    {
      match:
        /(?:[Uu]nknown|[Ii]nvalid|[Uu]nrecognized|[Uu]nsupported|bad|illegal)[- ](?:command[- ]line )?(?:flag|option|argument|arguments|switch)[^\n:]{0,20}[:\s]{1,3}["'`]?(-{0,2}[\w.=/-]{1,100})/,
      means: (name = '') => ({
        summary: `the argument ${quoted(name)} is not known`,
        target: name,
      }),
    },
    {
      match: /flag provided but not defined: (-[\w-]{1,100})/,
      runtime: 'go',
      means: (name = '') => ({ summary: `the flag ${quoted(name)} is not known`, target: name }),
    },
    {
      match: /unrecognized arguments: (-{0,2}[\w.=/-]{1,100})/,
      runtime: 'python',
      means: (name = '') => ({
        summary: `the argument ${quoted(name)} is not known`,
        target: name,
      }),
    },
    {
      match: /nginx: \[emerg\] ([^\n]{1,200})/,
      means: (text = '') => ({ summary: `nginx does not take its configuration: ${text}` }),
    },
    {
      match:
        /(?:yaml: (?:line \d{1,7}|unmarshal errors?)|error parsing (?:yaml|json|toml|config)|YAMLException|ParserError|ScannerError|toml: line \d{1,7})/i,
      means: () => ({ summary: 'a configuration file cannot be parsed' }),
    },
    {
      match:
        /(?:Unexpected token|Expected property name)[^\n]{0,60}JSON|invalid character '[^\n]{1,4}' (?:looking for|after|in)|JSONDecodeError|JsonParseException|Unexpected end of JSON input/,
      means: () => ({ summary: 'a text that should be JSON cannot be parsed' }),
    },
    {
      match:
        /(?:[Ii]nvalid|[Bb]ad|[Ww]rong|[Ii]ncorrect|[Ff]ailed to (?:load|read|parse)|[Cc]ould not (?:load|read|parse)|[Cc]annot (?:load|read|parse)|error (?:loading|reading|parsing))[^\n]{0,40}\b(?:config(?:uration)?|settings?)\b/,
      means: () => ({ summary: 'the configuration is not valid or cannot be read' }),
    },
  ],
  advice:
    'Compare the settings of the container (environment, arguments, ConfigMap) with what this version expects.',
};

/** The API server does not let the program do something. */
export const kubernetesForbidden: LogSignature = {
  name: 'kubernetes-forbidden',
  weight: 3,
  patterns: [
    {
      match:
        /is forbidden: User "?\\?"?([\w:.-]{1,200})\\?"? cannot (\w{1,20}) resource \\?"([\w./]{1,100})/,
      means: (user = '', verb = '', resource = '') => ({
        summary: `${quoted(user)} may not ${verb} ${resource} in Kubernetes`,
        target: `${verb} ${resource}`,
      }),
    },
    {
      match: /no matches for kind "([\w.]{1,100})" in version "([\w./-]{1,100})"/,
      means: (kind = '', version = '') => ({
        summary: `the cluster does not know ${kind} of ${version}: a CustomResourceDefinition is missing`,
        target: `${kind}.${version}`,
      }),
    },
  ],
  advice: 'Give the ServiceAccount the permission, or install what is missing.',
};

/** A leader that lost its lease ends itself, which is what it should do. */
export const leaseLost: LogSignature = {
  name: 'lease-lost',
  weight: 3,
  patterns: [
    {
      match:
        /leader ?election lost|lost (?:the )?(?:leader )?lease|failed to renew lease|Leader lease lost/i,
      means: () => ({ summary: 'it lost its leader lease and ended itself' }),
    },
  ],
  advice:
    'The API server was slow or away, or the container got too little CPU to renew its lease in time.',
};

/** Another process holds the lock. */
export const lockHeld: LogSignature = {
  name: 'lock-held',
  weight: 3,
  patterns: [
    {
      match:
        /(?:could not|unable to|failed to|cannot) (?:obtain|acquire|get|take) (?:the |a |exclusive )?(?:file |state |database |write )?lock|lock file[^\n]{0,120}(?:exists|already)|resource temporarily unavailable[^\n]{0,40}lock|another (?:instance|process) is (?:already )?(?:running|using)/i,
      means: () => ({ summary: 'another process holds the lock it needs' }),
    },
  ],
  advice:
    'Two pods share one volume or one database lock: let the old one end first (strategy Recreate, or a StatefulSet).',
};
