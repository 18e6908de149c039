import {
  CustomResourceDefinition,
  MutatingWebhookConfiguration,
  Secret,
  ValidatingWebhookConfiguration,
  type KubernetesObject,
  type NamespacedName,
  type Resource,
  type Stored,
} from '@kubewright/apimachinery';
import { readProblemEvent } from '../../cache/read-problem-event.ts';
import { SharedInformer } from '../../cache/shared-informer.ts';
import type { CertificateContext } from './certificate-source.ts';

/**
 * Watches the Secret and the objects that the authority is injected into, each by its name, until the signal aborts.
 *
 * The informers are its own and not those of the manager's cache: they begin before that fills, nothing waits for them, and a
 * reader of Secrets in the same namespace does not meet them.
 *
 * @param onChange - Called for what is there at first, and for whatever changes. Must not throw.
 */
export async function watchCertificate(
  context: CertificateContext,
  secret: NamespacedName,
  onChange: () => void,
  signal: AbortSignal,
): Promise<void> {
  const { targets } = context;
  const follow = async <T extends KubernetesObject>(
    resource: Resource<T>,
    ref: NamespacedName,
  ): Promise<void> => {
    const informer = newInformer(context, resource, ref);
    using _changes = informer.addEventHandler({
      added: onChange,
      updated: onChange,
      deleted: onChange,
    });
    using _problems = reportProblems(context, informer);
    await informer.run(signal);
  };
  await Promise.all([
    follow(Secret, secret),
    ...targets.customResourceDefinitions.map((name) => follow(CustomResourceDefinition, { name })),
    ...targets.validatingWebhookConfigurations.map((name) =>
      follow(ValidatingWebhookConfiguration, { name }),
    ),
    ...targets.mutatingWebhookConfigurations.map((name) =>
      follow(MutatingWebhookConfiguration, { name }),
    ),
  ]);
}

function newInformer<T extends KubernetesObject>(
  { client, clock, logger, instruments }: CertificateContext,
  resource: Resource<T>,
  { namespace, name }: NamespacedName,
): SharedInformer<T> {
  return new SharedInformer<T>({
    resource,
    namespaces: [namespace],
    // One name: the server then asks for the permission to list and watch the object of that name, and no other.
    fieldSelector: `metadata.name=${name}`,
    source: client,
    clock,
    logger,
    instruments,
    freezes: false,
    // What changed is read from the server; here it would be a private key in memory, once more and for nothing.
    transform: ({ apiVersion, kind, metadata }) => ({ apiVersion, kind, metadata }) as Stored<T>, // nobody reads the rest
  });
}

/** A missing permission is an Event; the informer logs it and tries again. */
function reportProblems<T extends KubernetesObject>(
  { report }: CertificateContext,
  informer: SharedInformer<T>,
): Disposable {
  return informer.onState((state) => {
    if (state.phase !== 'failing') return;
    const { problem } = state;
    const event = readProblemEvent(problem);
    const { verb, resource, namespace = '' } = problem;
    if (event === undefined) return;
    report({ ...event, idempotencyKey: `${verb} ${resource} ${namespace} ${informer.scope}` });
  });
}
