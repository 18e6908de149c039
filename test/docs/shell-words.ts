/** What a shell block names that must be there. */
export interface NamedThings {
  /** Scripts of package.json, as `npm run` names them. */
  readonly scripts: readonly string[];
  /** Files and folders of the repository. */
  readonly paths: readonly string[];
}

const script = /\bnpm (?:run (?<run>[\w:-]+)|(?<short>start|test)\b)/g;
const path = /(?<![\w./-])(?:apps|bench|deploy|docs|operators|packages|scripts|test)\/[\w./-]*/g;

/** Reads the npm scripts and the paths of the repository that a shell block names; comments count too. */
export function namedThings(code: string): NamedThings {
  const scripts = [...code.matchAll(script)].map(
    ({ groups }) => groups?.['run'] ?? groups?.['short'] ?? '',
  );
  return { scripts, paths: code.match(path) ?? [] };
}
