import type { NamespacedName } from '@kubewright/apimachinery';
import type { Manager } from '../manager/manager.ts';
import type { OperatorOption, OptionValues } from './option.ts';
import { standardOptions } from './standard-options.ts';
import type { StandardOption, StandardOptions, StandardValues } from './standard-options.ts';
import type { HeldResource } from './uninstall.ts';

/** Further options of a program, by name. */
export type ProgramOptions = Readonly<Record<string, OperatorOption>>;

/** What a set-up needs to know besides its manager. */
export interface OperatorContext<Options> {
  /** The operator's own options. */
  readonly options: OptionValues<Options>;
  /** Objects that each controller should work on at a time. */
  readonly concurrency: number;
  /** Namespace that the operator runs in, or that the kubeconfig names. */
  readonly ownNamespace: string;
  /** The pod that the operator runs in, where `POD_NAME` says so; undefined outside a cluster. */
  readonly self: NamespacedName | undefined;
  /** Address for further servers, such as webhooks, from `HOST`; undefined: all of them. */
  readonly host: string | undefined;
}

/** What a set-up leaves to be disposed of, if anything. */
type SetUp = Disposable | AsyncDisposable | undefined;

/** An operator as a program: what it is called, which settings it takes, and what it runs. */
export interface ProgramDefinition<Options extends ProgramOptions = ProgramOptions> {
  /** A DNS label: in the lease, the field manager, the user agent and the help. */
  readonly name: string;
  /** Shown by `--version`. Default: there is no such option. */
  readonly version?: string;
  /** One sentence. */
  readonly description: string;
  /** What is watched when neither the command line nor the environment says so. Default `own-namespace`. */
  readonly watches?: 'own-namespace' | 'all-namespaces';
  /**
   * It serves webhooks, which the set-up adds to `manager.webhooks`. They are served where `--webhook-service` or `--webhook-certificates`
   * say how, which deployments do; elsewhere, on a laptop for example, they are not. Default false.
   */
  readonly servesWebhooks?: boolean;
  /**
   * The resources whose objects it holds by a finalizer, so that an uninstallation can let go of them: `runOperator` then takes
   * the words of `UninstallStep` as a command. Default: none.
   */
  readonly holds?: readonly HeldResource[];
  /** Defaults of standard options. */
  readonly defaults?: Partial<StandardValues>;
  /** Environment variables that stand in for standard options, where they differ from the usual ones. */
  readonly environment?: Partial<Record<StandardOption, string>>;
  /** Further options: `numWorkers` becomes `--num-workers`. Default: none. */
  readonly options?: Options;
  /**
   * Adds controllers, webhooks and checks to the manager, which is run afterwards. What is answered is disposed of when the manager has
   * ended; a throw ends the program with exit code 1.
   */
  readonly setup: (manager: Manager, context: OperatorContext<Options>) => SetUp | Promise<SetUp>;
}

/** A program whose standard options are filled in; packaging reads from them what a chart can set. */
export interface OperatorProgram<
  Options extends ProgramOptions = ProgramOptions,
> extends ProgramDefinition<Options> {
  readonly watches: 'own-namespace' | 'all-namespaces';
  readonly servesWebhooks: boolean;
  readonly holds: readonly HeldResource[];
  readonly options: Options;
  /** The options that every operator has. */
  readonly standard: StandardOptions;
}

/**
 * Defines an operator as a program, once for those who run it (`runOperator`) and those who deploy it (`defineOperator` of
 * `@kubewright/packaging`).
 *
 * @throws TypeError when a further option has the name or the variable of another.
 *
 * @example
 * ```ts
 * export const program = defineProgram({
 *   name: 'foo',
 *   description: 'Keeps Foos happy.',
 *   options: {
 *     greeting: stringOption({ description: 'what to say', env: 'GREETING', default: 'Hello' }),
 *   },
 *   setup: (manager, { options, concurrency }) => {
 *     manager.add(createFooController(manager, { greeting: options.greeting, concurrency }));
 *   },
 * });
 * ```
 */
export function defineProgram<const Options extends ProgramOptions = {}>(
  definition: ProgramDefinition<Options>,
): OperatorProgram<Options> {
  const standard = standardOptions(definition);
  // Safe: without options there are none of whatever names the type has, which is {} then.
  const options = definition.options ?? ({} as Options);
  const seen = new Set(Object.values(standard).map(({ env }) => env));
  for (const [name, { env }] of Object.entries<OperatorOption>(options)) {
    if (Object.hasOwn(standard, name) || reservedNames.has(name)) {
      throw new TypeError(
        `${definition.name}: the option "${name}" is one that every operator has`,
      );
    }
    if (env !== undefined && seen.has(env)) {
      throw new TypeError(`${definition.name}: two options have the variable ${env}`);
    }
    if (env !== undefined) seen.add(env);
  }
  return {
    ...definition,
    watches: definition.watches ?? 'own-namespace',
    servesWebhooks: definition.servesWebhooks ?? false,
    holds: definition.holds ?? [],
    options,
    standard,
  };
}

/** What else the command line has. */
const reservedNames: ReadonlySet<string> = new Set([
  'kubeconfig',
  'context',
  'namespace',
  'allNamespaces',
  'help',
  'version',
]);
