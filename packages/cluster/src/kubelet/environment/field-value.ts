import type { Container, Pod } from '@kubewright/apimachinery';
import { parseQuantity } from '@kubewright/apimachinery';

/** What the node adds to what a pod may ask about itself. */
export interface NodeFacts {
  readonly nodeName: string;
  readonly hostIp: string;
  /** Address of the pod; undefined before it has one. */
  readonly podIp: string | undefined;
  /** What the node can give, in the units of the API. */
  readonly allocatable: Readonly<Record<string, string>>;
}

/**
 * The value of a field of the pod (Kubernetes: "Downward API").
 *
 * @throws Error when the field is not one that may be asked for.
 */
export function fieldValue(path: string, pod: Pod, facts: NodeFacts): string {
  const subscript = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (subscript !== null) {
    const map = subscript[1] === 'labels' ? pod.metadata.labels : pod.metadata.annotations;
    return map?.[subscript[2] ?? ''] ?? '';
  }
  switch (path) {
    case 'metadata.name':
      return pod.metadata.name ?? '';
    case 'metadata.namespace':
      return pod.metadata.namespace ?? '';
    case 'metadata.uid':
      return pod.metadata.uid ?? '';
    case 'metadata.labels':
      return formatMap(pod.metadata.labels);
    case 'metadata.annotations':
      return formatMap(pod.metadata.annotations);
    case 'spec.nodeName':
      return pod.spec?.nodeName ?? facts.nodeName;
    case 'spec.serviceAccountName':
      return pod.spec?.serviceAccountName ?? 'default';
    case 'status.hostIP':
    case 'status.hostIPs':
      return facts.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return facts.podIp ?? '';
    default:
      throw new Error(`unsupported fieldPath: ${path}`);
  }
}

/** A map as downward API files hold it: `key="value"`, one a line, sorted. */
function formatMap(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([key, value]) => `${key}=${JSON.stringify(value)}`)
    .join('\n');
}

/**
 * An amount a container asks for or may use, in multiples of a divisor, rounded up; limits that are not set
 * are what the node can give.
 *
 * @throws Error when the resource is not one that may be asked for.
 */
export function resourceValue(
  resource: string,
  divisor: string | number | undefined,
  container: Container,
  facts: NodeFacts,
): string {
  const [part = '', ...rest] = resource.split('.');
  const name = rest.join('.');
  if ((part !== 'limits' && part !== 'requests') || name === '') {
    throw new Error(`unsupported container resource : ${resource}`);
  }
  const { limits, requests } = container.resources ?? {};
  const limit = limits?.[name];
  const own = part === 'limits' ? limit : (requests?.[name] ?? limit);
  const amount = parseQuantity(own ?? (part === 'limits' ? (facts.allocatable[name] ?? '0') : '0'));
  const unit = parseQuantity(
    divisor === undefined || divisor === '0' || divisor === '' ? '1' : divisor,
  );
  const step = unit.nanos === 0n ? 1_000_000_000n : unit.nanos;
  return ((amount.nanos + step - 1n) / step).toString();
}
