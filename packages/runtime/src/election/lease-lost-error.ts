import type { LossCause } from './election-machine.ts';

/** This process led, and does not any more: all its writes must stop. */
export class LeaseLostError extends Error {
  override readonly name = 'LeaseLostError';
  readonly code = 'ERR_LEASE_LOST';
  /** What happened; for decisions. */
  readonly loss: LossCause;

  constructor(lease: string, loss: LossCause, options?: ErrorOptions) {
    super(`the lease ${lease} is lost: ${describe(loss)}`, options);
    this.loss = loss;
  }
}

function describe(loss: LossCause): string {
  switch (loss.type) {
    case 'deadline':
      return `it could not be renewed within ${String(loss.renewDeadlineMs)} ms`;
    case 'taken':
      return `${loss.holder} holds it now`;
    case 'cleared':
      return 'its holder was cleared by somebody else';
    default:
      return loss satisfies never;
  }
}
