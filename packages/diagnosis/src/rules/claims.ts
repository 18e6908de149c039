import { type ObservedEvent, type PodFacts, type Proof } from '../facts/index.ts';

/** A claim of a pod that has no volume yet. */
export interface UnboundClaim {
  readonly name: string;
  readonly proof: Proof;
  /** What its Events say, most telling first. */
  readonly message: string | undefined;
}

/** What speaks of a claim without a volume, most telling first. */
const telling = ['ProvisioningFailed', 'FailedBinding', 'ExternalProvisioning', 'Provisioning'];

/** The claims of a pod that were seen without a volume, or whose Events say so. */
export function unboundClaims(pod: PodFacts): readonly UnboundClaim[] {
  return pod.view.at('spec', 'volumes').items.flatMap((volume) => {
    const name = volume.at('persistentVolumeClaim', 'claimName').text;
    return name === undefined ? [] : (unboundClaim(pod, name) ?? []);
  });
}

function unboundClaim(pod: PodFacts, name: string): UnboundClaim | undefined {
  const claim = pod.related.find('PersistentVolumeClaim', name, pod.namespace);
  const phase = claim.at('status', 'phase');
  const event = tellingEvent(pod.related.eventsAbout('PersistentVolumeClaim', name));
  if (phase.text !== 'Pending' && (claim.isPresent || event === undefined)) return undefined;
  const seen = phase.isPresent ? [phase] : [];
  const said = event === undefined ? [] : [event.reason, event.message];
  return { name, proof: [...seen, ...said], message: event?.message.text };
}

function tellingEvent(events: readonly ObservedEvent[]): ObservedEvent | undefined {
  for (const reason of telling) {
    const found = events.find((event) => event.reason.text === reason);
    if (found !== undefined) return found;
  }
  return undefined;
}
