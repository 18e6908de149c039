import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubernetesObject } from '@kubewright/apimachinery';
import { parseAllDocuments } from 'yaml';
import { apiVersions } from './kinds.ts';
import type { Action, Claim, Scenario } from './scenario.ts';

/** Where an object of a scenario has the name of its namespace, which is made for each recording. */
export const namespaceMark = 'NAMESPACE';

/** Image of the containers that name none: the machine's busybox. */
export const toolsImage = 'tools.test/busybox:1';

type Json = Readonly<Record<string, unknown>>;

interface ScenarioFile {
  readonly name: string;
  readonly modes?: readonly number[];
  readonly cause: string;
  readonly claim: Claim;
  readonly sign?: string;
  readonly seconds: number;
  readonly alone?: boolean;
  readonly objects: readonly Json[];
  readonly actions?: readonly (Omit<Action, 'create'> & { readonly create?: Json })[];
}

/**
 * Reads the scenarios of a folder, one a document.
 *
 * Objects are written short: `name` and what else belongs into `metadata` beside `kind`; `pod` is the spec of a
 * workload's pods. A container with `sh` runs that text in a shell, one with `idle` does nothing until it is told to
 * end, and one with `serve` answers `/healthz` on that port as well.
 */
export async function readScenarios(folder: string): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  for await (const file of glob('**/*.yaml', { cwd: folder })) {
    const text = await readFile(join(folder, file), 'utf8');
    for (const document of parseAllDocuments(text)) {
      if (document.errors.length > 0) throw new Error(`${file}: ${String(document.errors[0])}`);
      // Written by hand in the shape above; the API server refuses what is not.
      const given = document.toJS() as ScenarioFile | null;
      if (given !== null) scenarios.push(scenarioOf(given));
    }
  }
  return scenarios.sort((left, right) => (left.name < right.name ? -1 : 1));
}

function scenarioOf(given: ScenarioFile): Scenario {
  return {
    name: given.name,
    modes: given.modes ?? [],
    cause: given.cause,
    claim: given.claim,
    ...(given.sign === undefined ? {} : { sign: new RegExp(given.sign) }),
    seconds: given.seconds,
    alone: given.alone ?? false,
    objects: given.objects.map(objectOf),
    actions: (given.actions ?? []).map(({ create, ...action }) => ({
      ...action,
      ...(create === undefined ? {} : { create: objectOf(create) }),
    })),
  };
}

/** A whole object from its short form. */
function objectOf(short: Json): KubernetesObject {
  const { kind, name, labels, annotations, finalizers, pod, replicas, ...rest } = short;
  const apiVersion = apiVersions.get(String(kind));
  if (apiVersion === undefined) throw new Error(`there is no apiVersion for kind ${String(kind)}`);
  const app = { app: name };
  const metadata = {
    name,
    ...(kind === 'Pod' || pod !== undefined ? { labels: labels ?? app } : { labels }),
    annotations,
    finalizers,
  };
  const object = { apiVersion, kind, metadata: withoutUndefined(metadata), ...rest };
  const spec = (rest['spec'] ?? {}) as Json; // an object by the schema of every kind that has it
  // The API server looks at the shape.
  return whole({ ...object, spec: specOf(String(kind), spec, { pod, replicas, app }) });
}

function whole(object: object): KubernetesObject {
  return JSON.parse(JSON.stringify(object)) as KubernetesObject; // kind, apiVersion and metadata are set above
}

function specOf(
  kind: string,
  spec: Json,
  { pod, replicas, app }: { pod: unknown; replicas: unknown; app: unknown },
): unknown {
  if (kind === 'Pod') return podSpec(spec);
  if (pod === undefined) return Object.keys(spec).length === 0 ? undefined : spec;
  const template = { metadata: { labels: app }, spec: podSpec(pod as Json) }; // an object by the schema
  if (kind === 'Job') return { ...spec, template };
  if (kind === 'CronJob') {
    const { jobTemplate, ...rest } = spec;
    // An object by the schema.
    return { ...rest, jobTemplate: { spec: { ...(jobTemplate as Json | undefined), template } } };
  }
  return { ...spec, replicas, selector: { matchLabels: app }, template };
}

function podSpec(spec: Json): Json {
  const containers = (list: unknown): unknown =>
    Array.isArray(list) ? list.map((each) => containerOf(each as Json)) : undefined; // by the schema
  return {
    ...spec,
    initContainers: containers(spec['initContainers']),
    containers: containers(spec['containers']),
  };
}

const untilTerm = `trap 'exit 0' TERM; while :; do sleep 0.2; done`;

function containerOf({ sh, idle, serve, ...container }: Json): Json {
  const web = 'mkdir -p /tmp/www; echo ok >/tmp/www/healthz; httpd -h /tmp/www -p';
  const script =
    typeof serve === 'number'
      ? `${web} ${String(serve)}; ${untilTerm}`
      : idle === true
        ? untilTerm
        : sh;
  return {
    name: 'app',
    image: toolsImage,
    ...(script === undefined ? {} : { command: ['sh', '-c', script] }),
    ...container,
  };
}

function withoutUndefined(object: Json): Json {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
