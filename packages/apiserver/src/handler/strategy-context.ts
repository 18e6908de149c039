import { Reinvocation } from '../admission/reinvocation.ts';
import type { JsonObject, StrategyContext } from '../contracts.ts';
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

/** The options of a create or update, as webhooks are told them. */
export function writeOptionsOf(
  { request }: Operation,
  kind: 'CreateOptions' | 'UpdateOptions',
): JsonObject {
  const text = (name: string) => {
    const value = request.query.get(name) ?? '';
    return value === '' ? {} : { [name]: value };
  };
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(request.query.getAll('dryRun').includes('All') ? { dryRun: ['All'] } : {}),
    ...text('fieldManager'),
    ...text('fieldValidation'),
  };
}

/** The facts of a write for admission. */
export function admissionAttributes(
  operation: Operation,
  facts: Pick<
    AdmissionAttributes,
    'operation' | 'name' | 'object' | 'old' | 'dryRun' | 'options' | 'kind'
  >,
  subresource: string = operation.info.subresource,
): AdmissionAttributes {
  const { services, type, user, warnings } = operation;
  return {
    ...facts,
    type,
    subresource,
    // A namespace counts as an object in itself.
    namespace: type.storageKey === 'namespaces' ? facts.name : namespaceOf(operation),
    reinvocation: new Reinvocation(),
    user,
    store: services.store,
    clock: services.clock,
    warn: (message) => void warnings.push(message),
  };
}
