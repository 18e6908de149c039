import { abortable } from '../abort/abortable.ts';
import type { ExecEntry } from '../kubeconfig/entries.ts';
import { CredentialError } from './credential-error.ts';
import { parseExecCredential, type ExecCredential } from './exec-credential.ts';
import { runProgram, type ProgramResult } from './run-program.ts';

/** Surroundings of a plug-in. */
export interface ExecPluginOptions {
  /** The cluster as the plug-in may be told of it (`spec.cluster`); asked only when the kubeconfig wants that. */
  readonly clusterInfo?: (() => Promise<object>) | undefined;
  /** Environment the plug-in inherits. Default: the process's. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Whether a user can be asked at the terminal. Default: whether standard input is one. */
  readonly isTerminal?: boolean | undefined;
  /** Bound of one run without a user at the terminal, in milliseconds. Default 60,000; with a user there is none. */
  readonly timeoutMs?: number | undefined;
  /** The time, in milliseconds since 1970. Default `Date.now`. */
  readonly now?: (() => number) | undefined;
}

// A credential that ends within this time is obtained anew: it could end on the way.
const expiryMarginMs = 5_000;

/**
 * A credential plug-in. It runs when its credential is first needed, after that has expired or was refused, and never
 * twice at a time.
 */
export class ExecPlugin {
  readonly #entry: ExecEntry;
  readonly #options: ExecPluginOptions;
  readonly #now: () => number;
  #cached: ExecCredential | undefined;
  /** The run under way, shared by all who wait for it. */
  #running: Promise<ExecCredential> | undefined;
  readonly #closing = new AbortController();

  constructor(entry: ExecEntry, options: ExecPluginOptions = {}) {
    this.#entry = entry;
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The plug-in's credential; the same object until it is obtained anew.
   *
   * @param signal - Ends this wait, not the run, which others may wait for.
   * @throws CredentialError
   */
  async credential(signal?: AbortSignal): Promise<ExecCredential> {
    const cached = this.#cached;
    if (cached !== undefined && !this.#isExpired(cached)) return cached;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
    return abortable(this.#running, signal);
  }

  /** Forgets this credential, unless it has been replaced already. */
  expire(credential: ExecCredential): void {
    if (this.#cached === credential) this.#cached = undefined;
  }

  /** Ends a run under way; may be repeated. */
  async close(): Promise<void> {
    this.#closing.abort(
      new CredentialError(
        'PLUGIN_FAILED',
        `the credential plug-in ${this.#entry.command} was ended`,
      ),
    );
    await this.#running?.catch(() => undefined);
  }

  #isExpired({ expiresAtMs }: ExecCredential): boolean {
    return expiresAtMs !== undefined && this.#now() >= expiresAtMs - expiryMarginMs;
  }

  async #run(): Promise<ExecCredential> {
    const { command, args, interactiveMode, installHint } = this.#entry;
    const isTerminal = this.#options.isTerminal ?? process.stdin.isTTY;
    if (interactiveMode === 'Always' && !isTerminal) {
      throw new CredentialError(
        'PLUGIN_NEEDS_TERMINAL',
        `the credential plug-in ${command} must ask a user (interactiveMode: Always), but standard input is no terminal`,
      );
    }
    const isInteractive = interactiveMode !== 'Never' && isTerminal;
    const result = await runProgram({
      command,
      args,
      env: await this.#environment(isInteractive),
      isInteractive,
      timeoutMs: isInteractive ? undefined : (this.#options.timeoutMs ?? 60_000),
      signal: this.#closing.signal,
    });
    if (result.outcome !== 'ended') throw failure(command, installHint, result);
    this.#cached = parseExecCredential(result.output, this.#entry);
    return this.#cached;
  }

  async #environment(interactive: boolean): Promise<Record<string, string | undefined>> {
    const { apiVersion, env, provideClusterInfo } = this.#entry;
    const cluster = provideClusterInfo ? await this.#options.clusterInfo?.() : undefined;
    const info = { kind: 'ExecCredential', apiVersion, spec: { cluster, interactive } };
    return {
      ...(this.#options.env ?? process.env),
      ...env,
      KUBERNETES_EXEC_INFO: JSON.stringify(info),
    };
  }
}

function failure(
  command: string,
  installHint: string | undefined,
  result: Exclude<ProgramResult, { outcome: 'ended' }>,
): CredentialError {
  const hint = installHint === undefined ? '' : `\n${installHint.trim()}`;
  switch (result.outcome) {
    case 'not-found':
      return new CredentialError(
        'PLUGIN_NOT_FOUND',
        `the kubeconfig wants the credential plug-in ${command}, which is not installed or not in PATH${hint}`,
        { cause: result.error },
      );
    case 'failed': {
      const detail = result.errorOutput.trim();
      return new CredentialError(
        'PLUGIN_FAILED',
        `the credential plug-in ${command} ${result.text}${detail === '' ? '' : `: ${detail}`}`,
        { cause: result.error },
      );
    }
    default:
      return result satisfies never;
  }
}
