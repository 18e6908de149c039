import type { Field } from '../facts/index.ts';

/** Who keeps an object as it is, so that a change made by hand is undone or fought over. */
export interface Keeper {
  /** `Argo CD`. */
  readonly tool: string;
  /** Name of its application, release or autoscaler; absent when it is not told. */
  readonly name?: string;
  /** What it keeps: everything, the number of replicas, or the requests and limits. */
  readonly keeps: 'all' | 'replicas' | 'resources';
  /** Where that was seen. */
  readonly proof: Field;
}

/** Labels and annotations by which tools know their objects; most hold the name of what the object belongs to. */
const marks: readonly {
  readonly tool: string;
  readonly on: 'labels' | 'annotations';
  readonly key: string;
  /** Only this value is meant; then it holds no name. */
  readonly value?: string;
  /** Cuts the name out of the value. */
  readonly name?: RegExp;
}[] = [
  { tool: 'Argo CD', on: 'annotations', key: 'argocd.argoproj.io/tracking-id', name: /^([^:]+):/ },
  { tool: 'Argo CD', on: 'labels', key: 'argocd.argoproj.io/instance' },
  { tool: 'Flux', on: 'labels', key: 'kustomize.toolkit.fluxcd.io/name' },
  { tool: 'Flux', on: 'labels', key: 'helm.toolkit.fluxcd.io/name' },
  {
    tool: 'Config Sync',
    on: 'annotations',
    key: 'configmanagement.gke.io/managed',
    value: 'enabled',
  },
  { tool: 'Fleet', on: 'labels', key: 'objectset.rio.cattle.io/hash' },
  { tool: 'kapp', on: 'labels', key: 'kapp.k14s.io/app' },
  { tool: 'Helm', on: 'annotations', key: 'meta.helm.sh/release-name' },
  { tool: 'Helm', on: 'labels', key: 'app.kubernetes.io/managed-by', value: 'Helm' },
];

/** Field managers of the same tools, where they mark nothing. */
const managers: readonly (readonly [RegExp, string])[] = [
  [/^argocd/, 'Argo CD'],
  [/^(?:kustomize-controller|helm-controller|flux)/, 'Flux'],
  [/^configsync/, 'Config Sync'],
  [/^fleet/, 'Fleet'],
  [/^helm$/i, 'Helm'],
];

/** Who keeps an object: each tool once, those that keep all of it first. */
export function keepersOf(object: Field, scalers: readonly Field[] = []): readonly Keeper[] {
  const seen = new Set<string>();
  return [
    ...markedKeepers(object),
    ...fieldKeepers(object),
    ...scalers.flatMap((scaler) => scalingKeeper(object, scaler)),
  ].filter(({ tool }) => !seen.has(tool) && seen.add(tool));
}

/** `Argo CD (shop)`, to be said. */
export function keeperText({ tool, name }: Keeper): string {
  return name === undefined ? tool : `${tool} (${name})`;
}

/** Kinds that set fields of others, with the reference to their target. */
export const scalerKinds = {
  HorizontalPodAutoscaler: { target: 'scaleTargetRef', keeps: 'replicas' },
  VerticalPodAutoscaler: { target: 'targetRef', keeps: 'resources' },
} as const;

function markedKeepers(object: Field): readonly Keeper[] {
  return marks.flatMap(({ tool, on, key, value, name }): readonly Keeper[] => {
    const proof = object.at('metadata', on, key);
    const { text } = proof;
    if (text === undefined || (value !== undefined && text !== value)) return [];
    const cut = name === undefined ? text : name.exec(text)?.[1];
    const named = value === undefined && cut !== undefined ? { name: cut } : {};
    return [{ tool, ...named, keeps: 'all', proof }];
  });
}

function fieldKeepers(object: Field): readonly Keeper[] {
  return object.at('metadata', 'managedFields').items.flatMap((entry): readonly Keeper[] => {
    const proof = entry.at('manager');
    const tool = managers.find(([pattern]) => proof.matches(pattern) !== false)?.[1];
    // Who writes only the status does not keep the spec.
    const isStatus = entry.at('subresource').text === 'status';
    return tool === undefined || isStatus ? [] : [{ tool, keeps: 'all', proof }];
  });
}

function scalingKeeper(object: Field, scaler: Field): readonly Keeper[] {
  const tool = scaler.at('kind').text ?? '';
  if (!Object.hasOwn(scalerKinds, tool)) return [];
  // Safe: it is one of the keys.
  const { target, keeps } = scalerKinds[tool as keyof typeof scalerKinds];
  const proof = scaler.at('spec', target, 'name');
  const isMeant =
    proof.text === object.at('metadata', 'name').text &&
    scaler.at('spec', target, 'kind').text === object.at('kind').text &&
    scaler.at('metadata', 'namespace').text === object.at('metadata', 'namespace').text;
  const name = scaler.at('metadata', 'name').text;
  return isMeant ? [{ tool, ...(name === undefined ? {} : { name }), keeps, proof }] : [];
}
