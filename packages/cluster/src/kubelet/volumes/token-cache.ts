import type { Pod, ServiceAccountTokenProjection, Stored } from '@kubewright/apimachinery';
import type { IssuedToken, KubeletApi } from '../api/kubelet-api.ts';
import type { Clock } from '../clock.ts';

interface Entry extends IssuedToken {
  readonly issuedAtMs: number;
}

/** A token is renewed when this part of its time has passed, or after a day. As in Kubernetes. */
const renewalPart = 0.8;
const longestUseMs = 24 * 3_600_000;

/** Tokens of pods, kept until they should be renewed. */
export class TokenCache {
  readonly #api: KubeletApi;
  readonly #clock: Clock;
  /** One token for each pod, audience and lifetime. */
  readonly #entries = new Map<string, Entry>();

  constructor(api: KubeletApi, clock: Clock) {
    this.#api = api;
    this.#clock = clock;
  }

  /** A token for the pod's ServiceAccount that is good for a while. @throws StatusError when none is issued. */
  async tokenFor(pod: Stored<Pod>, projection: ServiceAccountTokenProjection): Promise<string> {
    const expirationSeconds = projection.expirationSeconds ?? 3600;
    const key = `${pod.metadata.uid}/${projection.audience ?? ''}/${String(expirationSeconds)}`;
    const now = this.#clock.now();
    for (const [other, entry] of this.#entries) {
      if (entry.expiresAtMs <= now) this.#entries.delete(other);
    }
    const known = this.#entries.get(key);
    if (known !== undefined && now < renewAtMs(known)) return known.token;
    const issued = await this.#api.issueToken(pod, pod.spec?.serviceAccountName ?? 'default', {
      audience: projection.audience,
      expirationSeconds,
    });
    this.#entries.set(key, { ...issued, issuedAtMs: now });
    return issued.token;
  }
}

function renewAtMs(entry: Entry): number {
  const lifetimeMs = entry.expiresAtMs - entry.issuedAtMs;
  return entry.issuedAtMs + Math.min(lifetimeMs * renewalPart, longestUseMs);
}
