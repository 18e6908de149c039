/** What there was too little of, or too much used. Inodes count as disk. */
export type EvictedFor = 'memory' | 'disk' | 'pids';

/** A container that a kubelet names, and what it used. */
export interface Consumer {
  readonly container: string;
  /** As written: `52Ki`. */
  readonly used: string;
  readonly request: string;
}

/**
 * Why a kubelet evicted a pod.
 *
 * - `pressure`: the node ran low, and this pod was chosen.
 * - `own-limit`: the pod wrote more than it may.
 * - `admission`: the node was low already when the pod came, and it never ran.
 */
export interface EvictionMessage {
  readonly kind: 'pressure' | 'own-limit' | 'admission';
  readonly resource: EvictedFor;
  /** What the node was low on, in the kubelet's word: `inodes`; for `own-limit` the volume or container with its limit. */
  readonly detail: string;
  /** In the order of the text. */
  readonly consumers: readonly Consumer[];
  /** The container that went over its own limit. */
  readonly container?: string;
  /** The emptyDir volume that went over its own limit. */
  readonly volume?: string;
}

const maxLength = 8192;

const resources: readonly (readonly [EvictedFor, RegExp])[] = [
  ['memory', /memory|compute resources/i],
  ['pids', /\bpids?\b|pidpressure/i],
  ['disk', /ephemeral|storage|disk|inode|nodefs|imagefs|containerfs/i],
];

/**
 * Reads what kubelets of 1.6 to 1.36 write into the message of an evicted pod; undefined when it is none of that.
 * Texts are read up to 8 KiB.
 */
export function parseEvictionMessage(text: string): EvictionMessage | undefined {
  const bounded = text.slice(0, maxLength);
  return ownLimitOf(bounded) ?? admissionOf(bounded) ?? pressureOf(bounded);
}

function ownLimitOf(text: string): EvictionMessage | undefined {
  const volume = /usage of emptydir volume "([^"]*)" exceeds the limit "([^"]*)"/i.exec(text);
  const container =
    /container "?([a-z0-9-]+)"? exceeded its local ephemeral storage limit "?([^".]*)/i.exec(text);
  const total = /ephemeral local storage usage exceeds the total limit of containers ([^.]*)/i.exec(
    text,
  );
  const [, name, limit] = volume ?? container ?? [];
  const detail =
    volume !== null
      ? `the emptyDir volume ${name ?? ''} may hold ${limit ?? ''}`
      : container !== null
        ? `container ${name ?? ''} may write ${limit ?? ''}`
        : total !== null
          ? `its containers may write ${total[1]?.trim() ?? ''} together`
          : undefined;
  if (detail === undefined) return undefined;
  return {
    kind: 'own-limit',
    resource: 'disk',
    detail,
    consumers: [],
    ...(name === undefined ? {} : volume === null ? { container: name } : { volume: name }),
  };
}

function admissionOf(text: string): EvictionMessage | undefined {
  const condition = /the node had condition: \[?([^\].]*)/i.exec(text)?.[1];
  return condition === undefined ? undefined : lowOn('admission', condition, []);
}

function pressureOf(text: string): EvictionMessage | undefined {
  const low = /the node was low on (?:resource: \[?)?([^\].]*)/i.exec(text)?.[1];
  return low === undefined ? undefined : lowOn('pressure', low, consumersOf(text));
}

function lowOn(
  kind: EvictionMessage['kind'],
  detail: string,
  consumers: readonly Consumer[],
): EvictionMessage | undefined {
  const resource = resources.find(([, words]) => words.test(detail))?.[0];
  return resource === undefined ? undefined : { kind, resource, detail: detail.trim(), consumers };
}

const consumer =
  /container ([a-z0-9-]+) was using ([\w.]+), (?:which exceeds its request of|request is) ([\w.]+)/gi;

function consumersOf(text: string): readonly Consumer[] {
  return [...text.matchAll(consumer)].map(([, container = '', used = '', request = '']) => ({
    container,
    used,
    request: request.replace(/\.$/, ''),
  }));
}
