import type { StrategyContext } from '../contracts.ts';
import type { AdmissionAttributes } from '../admission/chain.ts';
import { namespaceOf, type Operation } from './services.ts';

/** Side effects of a write (allocated addresses) that are taken back unless it is committed. */
export class WriteEffects implements Disposable {
  readonly #undo: (() => void)[] = [];
  #committed = false;

  add(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** The write is stored: nothing is taken back any more. */
  commit(): void {
    this.#committed = true;
  }

  [Symbol.dispose](): void {
    if (this.#committed) return;
    for (const undo of this.#undo.splice(0).reverse()) undo();
  }
}

/** What the strategies of a kind get to know of a write. */
export function strategyContext(
  operation: Operation,
  dryRun: boolean,
  effects: WriteEffects,
): StrategyContext {
  const { services, user, warnings } = operation;
  return {
    user,
    clock: services.clock,
    store: services.store,
    dryRun,
    warn: (message) => void warnings.push(message),
    onRollback: (undo) => effects.add(undo),
  };
}

/** The facts of a write for admission. */
export function admissionAttributes(
  operation: Operation,
  facts: Pick<AdmissionAttributes, 'operation' | 'name' | 'object' | 'old' | 'dryRun'>,
  subresource: string = operation.info.subresource,
): AdmissionAttributes {
  const { services, type, user, warnings } = operation;
  return {
    ...facts,
    type,
    subresource,
    namespace: namespaceOf(operation),
    user,
    store: services.store,
    clock: services.clock,
    warn: (message) => void warnings.push(message),
  };
}
