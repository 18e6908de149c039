import { Lease, ResourceQuota } from '@kubewright/apimachinery';
import type { Client } from '@kubewright/client';
import { errorText, untilAnswer } from './until-answer.ts';
import { untilObject } from './until-object.ts';

const counted = 'count/leases.coordination.k8s.io';

/**
 * Tells when a server decides by what quotas say now. It reads all quotas through one cache, in the order in which they were written,
 * and who sees their status in a watch may be ahead of it. So a quota that is made after them tells, in a namespace of its own: when
 * it is in force, so are they.
 */
export class QuotaProbe {
  readonly #client: Client;
  readonly #namespace: string;
  #count = 0;

  private constructor(client: Client, namespace: string) {
    this.#client = client;
    this.#namespace = namespace;
  }

  /** @param namespace - One that nobody else writes to. */
  static async start(client: Client, namespace: string): Promise<QuotaProbe> {
    // Where its cache shows no quota of a namespace, a server asks for them and believes the answer for half a minute. One that
    // stays keeps it to the cache; the first round sees to it that the cache has it.
    await client.create(ResourceQuota, {
      metadata: { namespace, name: 'stays' },
      spec: { hard: { [counted]: '1000' } },
    });
    const probe = new QuotaProbe(client, namespace);
    await probe.untilInForce();
    return probe;
  }

  /** Waits until the server decides by all that was written to quotas up to now. */
  async untilInForce(): Promise<void> {
    this.#count += 1;
    const name = `probe-${String(this.#count)}`;
    const ref = { namespace: this.#namespace, name };
    await this.#client.create(ResourceQuota, { metadata: ref, spec: { hard: { [counted]: '0' } } });
    await untilObject(
      this.#client,
      ResourceQuota,
      ref,
      ({ status }) => status?.used?.[counted] !== undefined,
    );
    const attempt = (): Promise<string> =>
      errorText(this.#client.create(Lease, { metadata: ref }, { dryRun: true }));
    await untilAnswer(attempt, (text) => text.includes(`exceeded quota: ${name},`));
    await this.#client.delete(ResourceQuota, ref);
  }
}
