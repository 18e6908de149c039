import type { ApiCaller } from './api-caller.ts';

/** How the API server treats fields it does not know, or that are given twice (`fieldValidation` of the API). */
export type FieldValidation = 'Strict' | 'Warn' | 'Ignore';

/** What the operations of one client share. */
export interface ClientContext {
  readonly caller: ApiCaller;
  /** Namespace for namespaced objects that name none. */
  readonly namespace: string;
  readonly fieldManager: string;
  readonly fieldValidation: FieldValidation;
}
