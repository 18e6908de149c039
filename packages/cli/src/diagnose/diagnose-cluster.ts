import type { Client } from '@kubewright/client';
import { diagnoseAll, type Report } from '@kubewright/diagnosis';
import { readCluster, type Unreadable } from './read-cluster.ts';
import { readLogs } from './read-logs.ts';
import { selectSubjects } from './select-subjects.ts';
import type { SubjectArgument } from './subject-argument.ts';

/** A report, what is missing from it, and the moment it is of. */
export interface Diagnosis {
  readonly report: Report;
  /** What the report had to do without. */
  readonly unreadable: readonly Unreadable[];
  /** False: of some pods nothing can be told, and the report leaves them out. */
  readonly isWhole: boolean;
  /** When the cluster was read. */
  readonly at: Date;
}

/** What to look at in a cluster, and how closely. */
export interface DiagnoseClusterOptions {
  /** Undefined: all namespaces. */
  readonly namespace: string | undefined;
  /** Empty: all that is there. */
  readonly subjects: readonly SubjectArgument[];
  /** Whether logs of what was found are read. */
  readonly hasLogs: boolean;
  readonly signal: AbortSignal;
}

/**
 * Reads a cluster and says why its pods fail. Needs nothing but permission to list pods (or to get those that are named);
 * what else may not be read is named, and the diagnosis is made of the rest.
 *
 * @throws CommandError when something named is not there.
 * @throws StatusError when the pods may not be read, TransportError when the cluster cannot be reached.
 */
export async function diagnoseCluster(
  client: Client,
  { namespace, subjects, hasLogs, signal }: DiagnoseClusterOptions,
): Promise<Diagnosis> {
  const { snapshot, unreadable } = await readCluster(client, namespace, subjects, signal);
  const first = selectSubjects(diagnoseAll(snapshot), snapshot, subjects);
  if (!hasLogs) return { report: first, unreadable, isWhole: true, at: snapshot.now };
  const reading = await readLogs(client, first, snapshot, signal);
  const rest = {
    unreadable: [...unreadable, ...reading.unreadable],
    isWhole: true,
    at: snapshot.now,
  };
  // Without logs nothing would come out differently.
  if (reading.logs.length === 0) return { report: first, ...rest };
  const withLogs = { ...snapshot, logs: reading.logs };
  return { report: selectSubjects(diagnoseAll(withLogs), withLogs, subjects), ...rest };
}
