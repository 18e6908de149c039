import { validateDns1035Label, type DeepReadonly } from '@kubewright/apimachinery';
import type { DatabaseCluster } from '../api/database-cluster.ts';
import { judgeVersionChange } from '../api/postgres-version.ts';
import { settingsOf } from '../api/settings.ts';
import { maxNameLength } from '../objects/names.ts';

/** What is wrong with what is asked for. */
export interface Refusal {
  readonly reason: string;
  readonly message: string;
  /** Nothing can be done for the cluster; otherwise it goes on as it was, without this change. */
  readonly isBlocking: boolean;
}

/** What is asked for, judged. */
export interface Judgement {
  /** The version to run: the one that runs already where the wanted one is refused. */
  readonly version: string;
  readonly refusal: Refusal | undefined;
}

/**
 * Judges what a spec asks for, where the schema cannot.
 *
 * @param runningVersion - What the database runs now; undefined: it does not exist yet.
 */
export function judge(
  { metadata, spec }: DeepReadonly<DatabaseCluster>,
  runningVersion: string | undefined,
): Judgement {
  const name = metadata.name ?? '';
  const version = runningVersion ?? spec.version;
  const blocked = (reason: string, message: string): Judgement => ({
    version,
    refusal: { reason, message, isBlocking: true },
  });
  const [nameFault] = validateDns1035Label(name);
  if (nameFault !== undefined || name.length > maxNameLength) {
    const why = nameFault ?? `it is longer than ${String(maxNameLength)} characters`;
    return blocked(
      'InvalidName',
      `the name "${name}" cannot be that of a cluster, because Services and pods are named after it: ${why}`,
    );
  }
  const { authentication, tls, username } = settingsOf(spec);
  if (authentication === 'cert' && !tls) {
    return blocked(
      'InvalidAuthentication',
      'spec.security.authentication.type cert needs spec.security.tlsEnabled: there are no client certificates without TLS',
    );
  }
  if (username === 'postgres' || username.startsWith('kubewright_') || username.startsWith('pg_')) {
    return blocked(
      'InvalidUsername',
      `spec.security.authentication.username must not be ${username}: postgres and names that begin with pg_ or kubewright_ are used by the cluster itself`,
    );
  }
  if (runningVersion !== undefined) {
    const change = judgeVersionChange(runningVersion, spec.version);
    if (change.type === 'refused') {
      return {
        version,
        refusal: { reason: change.reason, message: change.message, isBlocking: false },
      };
    }
  }
  return { version: spec.version, refusal: undefined };
}
