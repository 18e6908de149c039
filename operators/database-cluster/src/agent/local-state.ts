/** A standby as its primary sees it. */
export interface StandbyView {
  /** Name of its pod. */
  readonly name: string;
  readonly isStreaming: boolean;
  /** PostgreSQL counts on it for synchronous commits now. */
  readonly isSync: boolean;
  /** How far it has the log safely on its disk. */
  readonly flushed: bigint;
}

/** What a running server answers. */
export type ServerView =
  | {
      readonly type: 'primary';
      readonly position: bigint;
      /** The names in `synchronous_standby_names`, as the server has read them. */
      readonly syncNames: string;
      readonly standbys: readonly StandbyView[];
    }
  | {
      readonly type: 'standby';
      /** How far it has the log, received or replayed. */
      readonly position: bigint;
      readonly isStreaming: boolean;
    };

/** What is in this pod. */
export interface LocalState {
  readonly data: 'absent' | 'present';
  /** The data waits to follow a primary; it was not itself one when it was last used. */
  readonly isStandbyData: boolean;
  /** Of the data while no server has it open; undefined when not known. */
  readonly systemIdentifier: string | undefined;
  /** What the entry program runs. */
  readonly process: 'none' | 'primary' | 'standby';
  /** The step of the entry program that went wrong last; empty when none did. */
  readonly failedStep: string;
  /** Number of the last wish that the entry program has carried out. */
  readonly doneNumber: number;
  /** What the server answers; undefined when it does not. */
  readonly server: ServerView | undefined;
}
