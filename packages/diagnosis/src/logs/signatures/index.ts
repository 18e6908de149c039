import type { LogSignature } from '../signature.ts';
import { badConfiguration, kubernetesForbidden, leaseLost, lockHeld } from './configuration.ts';
import { authenticationFailed, databaseNotReady } from './database.ts';
import {
  cannotExecute,
  fileNotFound,
  noSpace,
  permissionDenied,
  readOnlyFileSystem,
  tooManyFiles,
} from './files.ts';
import { outOfHeap } from './memory.ts';
import { missingModule } from './modules.ts';
import {
  addressInUse,
  connectionRefused,
  connectionTimeout,
  nameNotResolved,
  tlsFailure,
} from './network.ts';

/** All that is known, the more specific first: the first that matches a line has it. */
export const logSignatures: readonly LogSignature[] = [
  outOfHeap,
  missingModule,
  cannotExecute,
  addressInUse,
  kubernetesForbidden,
  authenticationFailed,
  tlsFailure,
  nameNotResolved,
  connectionRefused,
  connectionTimeout,
  databaseNotReady,
  readOnlyFileSystem,
  noSpace,
  tooManyFiles,
  permissionDenied,
  leaseLost,
  lockHeld,
  badConfiguration,
  fileNotFound,
];
