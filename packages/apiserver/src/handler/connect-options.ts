import type { AdmissionAttributes } from '../admission/chain.ts';
import type { JsonObject, StreamSubresource } from '../contracts.ts';

const KINDS = {
  exec: 'PodExecOptions',
  attach: 'PodAttachOptions',
  portforward: 'PodPortForwardOptions',
} as const satisfies Record<StreamSubresource, string>;

const FLAGS = ['stdin', 'stdout', 'stderr', 'tty'];

/** The query of a stream as the object that admission sees it as. */
export function connectOptions(
  subresource: StreamSubresource,
  query: URLSearchParams,
): Required<Pick<AdmissionAttributes, 'kind'>> & { readonly object: JsonObject } {
  const kind = KINDS[subresource];
  const isSet = (name: string) => ['true', '1'].includes(query.get(name) ?? '');
  const flags = Object.fromEntries(FLAGS.filter(isSet).map((name) => [name, true]));
  const container = query.get('container') ?? '';
  const ports = query.getAll('ports').flatMap((text) => text.split(',').map(Number));
  return {
    kind: { group: '', version: 'v1', kind },
    object: {
      kind,
      apiVersion: 'v1',
      ...(subresource === 'portforward'
        ? { ports }
        : {
            ...flags,
            ...(container === '' ? {} : { container }),
            ...(subresource === 'exec' ? { command: query.getAll('command') } : {}),
          }),
    },
  };
}
