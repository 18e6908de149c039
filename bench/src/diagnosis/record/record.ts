import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Namespace, type KubernetesObject, type Pod } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { stringify } from 'yaml';
import { expectedOf, type Line } from './expected.ts';
import { namespaceMark } from './read-scenarios.ts';
import type { Action, ObjectName, Scenario } from './scenario.ts';
import { resourceOf, type Change, type Watches } from './watches.ts';

/** What was done, and how it went where that is not told by the objects. */
interface Done {
  readonly t: number;
  readonly action: string;
  readonly result?: string;
}

/** Makes what a scenario says, and writes what came of it into a folder of its name. */
export async function record(
  client: Client,
  watches: Watches,
  scenario: Scenario,
  into: string,
): Promise<void> {
  const namespace = `team-${randomBytes(3).toString('hex')}`;
  const objects = scenario.objects.map((object) => placed(object, namespace));
  const startMs = Date.now();
  const since = (): number => Math.round(Date.now() - startMs) / 1000;
  await client.create(Namespace, { metadata: { name: namespace } });
  const done: Done[] = [];
  for (const object of objects) {
    const refusal = await attempt(async () => make(client, namespace, object));
    if (refusal !== undefined) {
      const action = `create ${object.kind ?? ''} ${object.metadata.name ?? ''}`;
      done.push({ t: since(), action, result: refusal });
    }
  }
  for (const action of [...scenario.actions].sort((left, right) => left.at - right.at)) {
    await delay(Math.max(0, startMs + action.at * 1000 - Date.now()));
    const t = since();
    const result = await attempt(async () => act(client, namespace, action));
    done.push({ t, action: wordsOf(action), ...(result === undefined ? {} : { result }) });
  }
  await delay(Math.max(0, startMs + scenario.seconds * 1000 - Date.now()));
  const duration = since();
  const lines = linesOf(watches.seen(namespace, startMs), startMs, scenario, namespace);
  const folder = join(into, scenario.name);
  await mkdir(join(folder, 'logs'), { recursive: true });
  await saveLogs(client, namespace, lines, join(folder, 'logs'));
  const all = [{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } }, ...objects];
  const manifest = all.map((object) => stringify(object, { version: '1.1' })).join('---\n');
  await writeFile(join(folder, 'manifest.yaml'), manifest);
  await writeLines(join(folder, 'trace.jsonl'), lines);
  if (done.length > 0) await writeLines(join(folder, 'actions.jsonl'), done);
  const expected = expectedOf(scenario, lines, duration, startMs);
  await writeFile(join(folder, 'expected.json'), `${JSON.stringify(expected, undefined, 1)}\n`);
  await clear(client, namespace, objects);
}

async function writeLines(path: string, lines: readonly object[]): Promise<void> {
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
}

/** The object with the name of the namespace wherever the scenario has its mark. */
function placed(object: KubernetesObject, namespace: string): KubernetesObject {
  // The mark stands in strings only.
  return JSON.parse(
    JSON.stringify(object).replaceAll(namespaceMark, namespace),
  ) as KubernetesObject;
}

async function make(client: Client, namespace: string, object: KubernetesObject): Promise<void> {
  const resource = await resourceOf(client, object.kind ?? '');
  const metadata =
    resource.scope === 'Namespaced' ? { ...object.metadata, namespace } : object.metadata;
  await client.create(resource, { ...object, metadata });
}

async function act(client: Client, namespace: string, action: Action): Promise<void> {
  const { create, patch, delete: gone, evict } = action;
  if (create !== undefined) await make(client, namespace, placed(create, namespace));
  if (patch !== undefined) {
    const { resource, name } = await find(client, namespace, patch);
    const { type = 'merge', subresource } = patch;
    const place = { name, ...(resource.scope === 'Namespaced' ? { namespace } : {}) };
    const text = JSON.stringify(patch.body).replaceAll(namespaceMark, namespace);
    const body = JSON.parse(text) as object; // a patch is one
    await client.patch(resource, place, { type, body }, { subresource });
  }
  if (gone !== undefined) {
    const { resource, name } = await find(client, namespace, gone);
    const place = { name, ...(resource.scope === 'Namespaced' ? { namespace } : {}) };
    await client.delete(resource, place, { gracePeriodSeconds: gone.graceSeconds });
  }
  if (evict !== undefined) {
    const { name } = await find(client, namespace, { kind: 'Pod', name: evict });
    await client.evict({ namespace, name });
  }
}

async function find(
  client: Client,
  namespace: string,
  { kind, name }: ObjectName,
): Promise<{ resource: Awaited<ReturnType<typeof resourceOf>>; name: string }> {
  const resource = await resourceOf(client, kind);
  const exact = name.replaceAll(namespaceMark, namespace);
  if (!exact.endsWith('*')) return { resource, name: exact };
  const { items } = await client.list(
    resource,
    resource.scope === 'Namespaced' ? { namespace } : {},
  );
  const found = items.find(({ metadata }) => metadata.name.startsWith(exact.slice(0, -1)));
  if (found === undefined) throw new Error(`there is no ${kind} ${exact}`);
  return { resource, name: found.metadata.name };
}

/** @returns Why it was refused. */
async function attempt(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function wordsOf({ at: _, ...action }: Action): string {
  return JSON.stringify(action);
}

function linesOf(
  changes: readonly Change[],
  startMs: number,
  { alone }: Scenario,
  namespace: string,
): readonly Line[] {
  const lines: Line[] = [];
  const beats = new Map<string, string>();
  for (const { event, kind, object, atMs } of changes) {
    if (object.metadata.namespace === undefined) {
      if (kind === 'Node' ? !alone : !JSON.stringify(object).includes(namespace)) continue;
    }
    const shown = kind === 'Node' ? calm(object) : object;
    const text =
      kind === 'Node' ? JSON.stringify(shown).replace(/"resourceVersion":"\d+"/, '') : '';
    if (kind === 'Node' && beats.get(kind) === text) continue;
    beats.set(kind, text);
    // What was there before is how it began.
    lines.push({ t: Math.max(0, atMs - startMs) / 1000, event, kind, object: shown });
  }
  return lines;
}

/** A Node without its images and the times of its heartbeats. */
function calm(node: KubernetesObject): KubernetesObject {
  const drop = new Set(['images', 'lastHeartbeatTime']);
  return JSON.parse(
    JSON.stringify(node, (key, value: unknown) => (drop.has(key) ? undefined : value)),
  ) as KubernetesObject; // it is one still
}

async function saveLogs(
  client: Client,
  namespace: string,
  lines: readonly Line[],
  folder: string,
): Promise<void> {
  const pods = new Map<string, Pod>();
  for (const { kind, object } of lines) {
    if (kind === 'Pod') pods.set(object.metadata.name ?? '', object); // by its kind
  }
  for (const [name, { spec }] of pods) {
    const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    for (const { name: container } of containers) {
      for (const life of ['current', 'previous'] as const) {
        const options = { container, previous: life === 'previous', tailLines: 100 };
        const text = await client.logText({ namespace, name }, options).catch(() => '');
        if (text === '') continue;
        await writeFile(join(folder, `${name}.${container}.${life}.txt`), text);
      }
    }
  }
}

/** Takes away what was made; what has no namespace first, since webhooks refuse deletions too. */
async function clear(
  client: Client,
  namespace: string,
  objects: readonly KubernetesObject[],
): Promise<void> {
  for (const { kind = '', metadata } of objects) {
    const resource = await resourceOf(client, kind);
    if (resource.scope === 'Namespaced' || metadata.name === undefined) continue;
    await attempt(async () => client.delete(resource, { name: metadata.name ?? '' }));
  }
  const pods = await resourceOf(client, 'Pod');
  const { items } = await client.list(pods, { namespace });
  for (const { metadata } of items) {
    if (metadata.finalizers === undefined) continue;
    const body = { metadata: { finalizers: null } };
    await attempt(async () => client.patch(pods, metadata, { type: 'merge', body }));
  }
  await client.delete(Namespace, { name: namespace });
}
