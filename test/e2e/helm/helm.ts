import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { KubernetesObject, Resource } from '@kubewright/apimachinery';
import { parseAllDocuments } from 'yaml';
import type { Manifest } from '@kubewright/walk-through';
import { run } from '../shell.ts';

const root = new URL('../../../', import.meta.url);

/** The Helm that `HELM` names, or the one in the PATH. */
const program = process.env['HELM'] ?? 'helm';

/** Why the tests of charts cannot run; false when they can. */
export function withoutHelm(): string | false {
  const { error, status } = spawnSync(program, ['version', '--short'], { stdio: 'ignore' });
  if (error === undefined && status === 0) return false;
  return `there is no Helm: set HELM to the path of helm, version 4 (tried "${program}")`;
}

/** The chart of an operator, by its path. */
export function chartOf(operator: string): string {
  return fileURLToPath(new URL(`deploy/charts/${operator}`, root));
}

/**
 * Runs helm, and gives what it wrote to standard output.
 *
 * @param kubeconfig - Default: none; commands that need a cluster fail then.
 * @throws CommandError with all it wrote when it fails.
 */
export async function helm(args: readonly string[], kubeconfig = '/nonexistent'): Promise<string> {
  return run(program, args, { env: { KUBECONFIG: kubeconfig } });
}

/** `--set` for each value: lists and texts as Helm reads them. */
export function settings(values: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(values).flatMap(([path, value]) => [
    '--set-json',
    `${path}=${JSON.stringify(value)}`,
  ]);
}

/** The objects of a chart with some values, in the namespace `ns` and the release `trial`. */
export async function rendered(
  chart: string,
  values: Readonly<Record<string, unknown>> = {},
): Promise<readonly Manifest[]> {
  const text = await helm(['template', 'trial', chart, '--namespace', 'ns', ...settings(values)]);
  return parseAllDocuments(text).flatMap((document) => {
    const object: unknown = document.toJS();
    return object === null ? [] : [object as Manifest]; // what a server takes, as the tests then see
  });
}

/** Those of a kind among rendered objects. */
export function ofKind<T extends KubernetesObject>(
  objects: readonly Manifest[],
  { kind }: Resource<T>,
): T[] {
  // By its kind it is of this type.
  return objects.filter((each) => each.kind === kind) as KubernetesObject[] as T[];
}
