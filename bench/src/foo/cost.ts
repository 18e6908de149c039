/** What an event of a pod costs the Foo operator, on average. */
export interface Cost {
  /** How many Foos there are. */
  readonly foos: number;
  /** Processor time of the operator, in microseconds. */
  readonly cpuUs: number;
  /** From the request that makes or deletes the pod until the status of its Foo is right, in microseconds. */
  readonly durationUs: number;
}
