/** What is shown while the walk-through goes on: a live view in a terminal, plain lines elsewhere. */
export interface Progress {
  /** Begins the next step; the one before it is done. */
  begin(title: string): void;
  /** Says more about the step that runs; the last word stays. */
  detail(text: string): void;
  /** Adds lines that stay, below the step that runs. */
  show(lines: readonly string[]): void;
  /** Replaces the picture of the cluster; a place without a live view shows only what changed in it. */
  picture(lines: readonly string[]): void;
  /** Ends the step that runs. */
  end(outcome: 'done' | 'failed'): void;
  /** Gives the terminal back; may be repeated. */
  close(): void;
}
