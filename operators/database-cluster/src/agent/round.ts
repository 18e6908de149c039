import type { Lease, Stored } from '@kubewright/apimachinery';
import type { Credentials } from './credentials.ts';
import type { LeaderRecord } from './leader-record.ts';
import type { LocalState } from './local-state.ts';

/** What an agent has found at the beginning of a round. */
export interface Round {
  readonly lease: Stored<Lease>;
  /** What the Lease says. */
  readonly record: LeaderRecord;
  readonly local: LocalState;
  readonly credentials: Credentials;
  /** When the Lease was asked for, in hundredths of a second of the machine's uptime: a fence counts from no later. */
  readonly sentAt: number;
  readonly signal: AbortSignal;
}
