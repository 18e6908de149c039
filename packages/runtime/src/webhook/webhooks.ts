import { groupResourceOf } from '@kubewright/apimachinery';
import type { AddressInfo } from 'node:net';
import { certificateMetrics } from '../metrics/certificate-metrics.ts';
import { webhookMetrics } from '../metrics/webhook-metrics.ts';
import type { MetricsRegistry } from '../metrics/registry.ts';
import type { AdmissionWebhook } from './admission/admission-webhook.ts';
import { admissionRoute } from './admission/admission-route.ts';
import type { AdmissionDefinition } from './admission/define-admission.ts';
import type { InjectionTargets } from './certificates/authority-injection.ts';
import type { CertificateContext, CertificateSource } from './certificates/certificate-source.ts';
import { conversionWebhook, type Convertible } from './conversion/conversion-webhook.ts';
import type { WebhookRoute } from './webhook-route.ts';
import { WebhookServer } from './webhook-server.ts';

/** How a manager serves webhooks. */
export interface WebhooksOptions {
  /** 0 takes any free port (see `Manager.addresses`); false serves none, as when the operator runs outside the cluster. Default 9443. */
  readonly port?: number | false | undefined;
  /** Address to listen on. Default: all of them. */
  readonly host?: string | undefined;
  /** Where the serving certificate comes from. Needed unless the port is false. */
  readonly certificates?: CertificateSource | undefined;
}

/** What a manager lends to its webhooks. */
export type WebhooksContext = Omit<CertificateContext, 'targets' | 'metrics'>;

/** Path of the conversion webhook, as manifests name it. */
const conversionPath = '/convert';

/**
 * The webhooks of a manager. They are served by standbys too: API servers reach any replica.
 *
 * @example
 * ```ts
 * const manager = new Manager({
 *   client,
 *   webhooks: {
 *     certificates: new SelfManagedCertificates({
 *       secret: { namespace: 'stores', name: 'store-operator-webhook' },
 *       service: { namespace: 'stores', name: 'store-operator' },
 *     }),
 *   },
 * });
 * manager.webhooks.convert(Store); // made by defineCustomResource, with converters
 * ```
 */
export class Webhooks {
  readonly #options: WebhooksOptions | undefined;
  readonly #context: WebhooksContext;
  readonly #registry: MetricsRegistry;
  readonly #convertibles: Convertible[] = [];
  readonly #admissions: AdmissionDefinition[] = [];
  // By path.
  readonly #routes = new Map<string, WebhookRoute>();
  #server: WebhookServer | undefined;
  // Set by the start.
  #certificateContext: CertificateContext | undefined;
  #isFixed = false;

  /** Made by a manager. */
  constructor(
    options: WebhooksOptions | undefined,
    context: WebhooksContext,
    registry: MetricsRegistry,
  ) {
    this.#options = options;
    this.#context = { ...context, logger: context.logger.with({ component: 'webhooks' }) };
    this.#registry = registry;
  }

  /** Where the webhooks are served; undefined while they are not. */
  get address(): AddressInfo | undefined {
    return this.#server?.address;
  }

  /**
   * Converts the objects of a custom resource between its versions, at `/convert`.
   *
   * @throws TypeError when the manager runs already.
   */
  convert(resource: Convertible): this {
    this.#checkOpen();
    this.#convertibles.push(resource);
    return this;
  }

  /**
   * Serves admission webhooks, each at its own path. API servers ask them when the manifests of the definition say so.
   *
   * @throws TypeError when a path is taken, or the manager runs already.
   */
  admit(definition: AdmissionDefinition): this {
    this.#checkOpen();
    for (const webhook of definition.webhooks) {
      if (this.#routes.has(webhook.path)) {
        throw new TypeError(`there is another webhook at ${webhook.path} already`);
      }
      this.#routes.set(webhook.path, admissionRoute(webhook));
    }
    this.#admissions.push(definition);
    return this;
  }

  /** Whether there is anything to serve, and the port is not switched off. */
  get isServing(): boolean {
    return (
      this.#options?.port !== false && (this.#convertibles.length > 0 || this.#routes.size > 0)
    );
  }

  /**
   * Gets a certificate, and listens.
   *
   * @throws TypeError when there are webhooks and nothing was said of their certificates.
   * @throws PortInUseError when another program has the port.
   * @throws `signal.reason` when the signal aborts first.
   */
  async start(signal: AbortSignal): Promise<void> {
    this.#isFixed = true;
    if (!this.isServing) return;
    const { certificates, port = 9443, host } = this.#served();
    this.#certificateContext = {
      ...this.#context,
      metrics: certificateMetrics(this.#registry),
      targets: this.#targets(),
    };
    const certificate = await certificates.load(this.#certificateContext, signal);
    const server = new WebhookServer({
      // isServing has ruled out false.
      port: port === false ? 0 : port,
      host,
      routes: [conversionWebhook(conversionPath, this.#convertibles), ...this.#routes.values()],
      clock: this.#context.clock,
      logger: this.#context.logger,
      metrics: webhookMetrics(this.#registry),
    });
    await server.start(certificate);
    this.#server = server;
  }

  /** Looks after the certificate, until the signal aborts. @throws Error before the start. */
  async keepCertificate(signal: AbortSignal): Promise<void> {
    if (this.#certificateContext === undefined) throw new Error('the webhooks were not started');
    await this.#served().certificates.keep(
      this.#certificateContext,
      (certificate) => this.#server?.use(certificate),
      signal,
    );
  }

  /** Closes the server; may be repeated. */
  async stop(): Promise<void> {
    await this.#server?.stop();
    this.#server = undefined;
  }

  /** @throws Error that says why API servers cannot use the webhooks now. */
  checkReady(): void {
    if (!this.isServing) return;
    const problem = this.#served().certificates.problem();
    if (problem !== undefined) throw new Error(problem);
    if (this.address === undefined) throw new Error('the webhook server does not listen yet');
  }

  #checkOpen(): void {
    if (this.#isFixed) throw new TypeError('a webhook comes too late: add webhooks before run()');
  }

  #served(): WebhooksOptions & { readonly certificates: CertificateSource } {
    const { certificates } = this.#options ?? {};
    if (certificates === undefined) {
      throw new TypeError('webhooks need a certificate: give the manager webhooks.certificates');
    }
    return { ...this.#options, certificates };
  }

  /** Who has to know the authority. */
  #targets(): InjectionTargets {
    const configurations = (kind: AdmissionWebhook['kind']): string[] =>
      this.#admissions
        .filter(({ webhooks }) => webhooks.some((webhook) => webhook.kind === kind))
        .map(({ name }) => name);
    return {
      customResourceDefinitions: this.#convertibles.map(({ resource }) =>
        groupResourceOf(resource),
      ),
      validatingWebhookConfigurations: configurations('validating'),
      mutatingWebhookConfigurations: configurations('mutating'),
    };
  }
}
