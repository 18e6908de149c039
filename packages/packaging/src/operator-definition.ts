import type {
  KubernetesObject,
  PolicyRule,
  Resource,
  ResourceRequirements,
} from '@kubewright/apimachinery';
import type { CustomResource } from '@kubewright/crd';

/** What packaging reads of an option of the program. */
export interface PackagedOption {
  /** For the values of a chart. */
  readonly description: string;
  /** Environment variable that sets it; without one a chart cannot. */
  readonly env: string | undefined;
  /** JSON Schema of its values. */
  readonly schema: object;
  /** The value when nothing sets it. */
  readonly default: unknown;
}

/** An option that every operator has; all of them can be set by a variable. */
export type StandardPackagedOption = PackagedOption & { readonly env: string };

/** The standard options that deployments set. */
export type StandardOptionName =
  | 'namespaces'
  | 'leaderElect'
  | 'leaderElectionName'
  | 'leaseDurationSeconds'
  | 'renewDeadlineSeconds'
  | 'retryPeriodSeconds'
  | 'concurrency'
  | 'metrics'
  | 'metricsPort'
  | 'metricsPath'
  | 'healthPort'
  | 'logLevel'
  | 'webhookPort'
  | 'webhookService'
  | 'webhookSecret'
  | 'webhookCertificates';

/** What packaging reads of a program: what `defineProgram` of `@kubewright/runtime/operator` answers. */
export interface PackagedProgram {
  /** A DNS label. */
  readonly name: string;
  /** Version of the operator. */
  readonly version?: string;
  /** One sentence. */
  readonly description: string;
  /** Which namespaces it watches when nothing says otherwise. */
  readonly watches: 'own-namespace' | 'all-namespaces';
  /** A Service, a port, certificates and what the operator may do about them are added. */
  readonly servesWebhooks: boolean;
  /** Resources whose objects it holds by a finalizer: its chart lets go of them when it is uninstalled. */
  readonly holds: readonly { readonly resource: Resource }[];
  /** The options that every operator has. */
  readonly standard: Readonly<Record<StandardOptionName, StandardPackagedOption>>;
  /** Its own options, by name. */
  readonly options: Readonly<Record<string, PackagedOption>>;
}

/** What an operator does in the cluster, by where it does it. Made with `permission` of `@kubewright/crd`. */
export interface OperatorPermissions {
  /** In each namespace that it watches: a Role in each, or a ClusterRole when it watches all of them. */
  readonly watched: readonly PolicyRule[];
  /** In the namespace that it runs in, beside those of leader election and webhook certificates, which are added. Default: none. */
  readonly own?: readonly PolicyRule[];
  /** In the cluster as a whole, whatever it watches: cluster-scoped resources, URLs. Default: none, beside those of webhook certificates. */
  readonly cluster?: readonly PolicyRule[];
}

/** How the operator is deployed. */
export interface DeploymentSettings {
  /** One works, the others stand by. Default 2. */
  readonly replicas?: number;
  /** Default: requests 10m and 96Mi, limits 500m and 256Mi. */
  readonly resources?: ResourceRequirements;
  /** Namespace of the manifests. Default: the name of the operator and `-system`. */
  readonly namespace?: string;
  /** The namespace that the manifests watch, unless the program watches all of them. Default `default`. */
  readonly watchedNamespace?: string;
}

/** What a chart has beside what follows from the rest. */
export interface ChartSettings {
  /** Version of the chart. Default: that of the operator. */
  readonly version?: string;
  /** Words to find the chart by. Default: none. */
  readonly keywords?: readonly string[];
  /** URL of the project. Default: none. */
  readonly home?: string;
  /** URLs of its source. Default: none. */
  readonly sources?: readonly string[];
  /** The command that a user types after the installation; shown at its end. Default: none. */
  readonly nextCommand?: string;
  /** Options of the program that name an image which is the operator's own unless the user says otherwise. Default: none. */
  readonly ownImageOptions?: readonly string[];
  /** Further objects, of which the user has no choice. Default: none. */
  readonly objects?: readonly KubernetesObject[];
}

/** An operator, as its author describes what is deployed of it. */
export interface OperatorOptions {
  readonly program: PackagedProgram;
  /** The custom resources that it brings. */
  readonly resources: readonly CustomResource[];
  readonly permissions: OperatorPermissions;
  /** The module that runs the program, from the folder of the operator. Default `src/main.ts`. */
  readonly main?: string;
  /** Image without a tag. Default: the name of the operator. */
  readonly image?: string;
  /** Folders beside its package.json whose files the program reads; they lie beside the bundled file in the image. Default: none. */
  readonly assets?: readonly string[];
  /** How it runs. Default: two replicas of modest size. */
  readonly deployment?: DeploymentSettings;
  /** What its chart has besides. Default: nothing. */
  readonly chart?: ChartSettings;
}

/** An operator with every default filled in. */
export interface OperatorDefinition {
  /** Name of the program. */
  readonly name: string;
  /** Version of the program. */
  readonly version: string;
  /** One sentence. */
  readonly description: string;
  readonly program: PackagedProgram;
  /** The custom resources that it brings. */
  readonly resources: readonly CustomResource[];
  /** What it may do. */
  readonly permissions: Required<OperatorPermissions>;
  /** The module that runs the program, from the folder of the operator. */
  readonly main: string;
  /** Image without a tag. */
  readonly image: string;
  /** Folders whose files the program reads. */
  readonly assets: readonly string[];
  /** How it runs. */
  readonly deployment: Required<DeploymentSettings>;
  /** What its chart has besides. */
  readonly chart: ChartSettings & { readonly version: string };
}

const defaultResources: ResourceRequirements = {
  requests: { cpu: '10m', memory: '96Mi' },
  limits: { cpu: '500m', memory: '256Mi' },
};

/**
 * Defines what is deployed of an operator: manifests, a Helm chart and an image come from it.
 *
 * @throws TypeError when the program has no version, or the operator no name that a Service could have.
 *
 * @example
 * ```ts
 * // operators/foo/kubewright.config.ts
 * export const operator = defineOperator({
 *   program, // the same that main.ts runs
 *   resources: [Foo],
 *   permissions: {
 *     watched: [
 *       permission(Foo.resource, ['list', 'watch']),
 *       permission(Foo.resource, ['patch'], { subresource: 'status' }),
 *       permission(Pod, ['list', 'watch']),
 *       permission(EventsV1Event, ['create', 'patch']),
 *     ],
 *   },
 * });
 * ```
 */
export function defineOperator(options: OperatorOptions): OperatorDefinition {
  const { program, permissions, deployment = {}, chart = {} } = options;
  const { name, version, description } = program;
  if (version === undefined) {
    throw new TypeError(
      `the program ${name} has no version: give defineProgram the one of its package.json`,
    );
  }
  // Names of Services are built with it.
  if (!/^[a-z]([a-z0-9-]{0,50}[a-z0-9])?$/.test(name)) {
    throw new TypeError(
      `"${name}" cannot name an operator: use at most 52 of a-z, 0-9 and "-", a letter first`,
    );
  }
  return {
    name,
    version,
    description,
    program,
    resources: options.resources,
    permissions: { own: [], cluster: [], ...permissions },
    main: options.main ?? 'src/main.ts',
    image: options.image ?? name,
    assets: options.assets ?? [],
    deployment: {
      replicas: deployment.replicas ?? 2,
      resources: deployment.resources ?? defaultResources,
      namespace: deployment.namespace ?? `${name}-system`,
      watchedNamespace: deployment.watchedNamespace ?? 'default',
    },
    chart: { ...chart, version: chart.version ?? version },
  };
}
