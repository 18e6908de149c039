import type { JsonObject } from '../contracts.ts';
import { invalid, type FieldError } from '../field-error.ts';
import { badRequest, invalidError } from '../status.ts';
import { parseObjectBody } from './body.ts';
import { contentTypeOf } from './media-type.ts';
import { integerParameter } from './read-options.ts';
import { booleanParameter } from './request-info.ts';
import type { Operation } from './services.ts';
import { dryRunErrors } from './write-options.ts';

/** What happens to the dependents of a deleted object. */
export type PropagationPolicy = 'Foreground' | 'Background' | 'Orphan';

/** How to delete. */
export interface DeleteOptions {
  /** Undefined: the kind's default. */
  readonly gracePeriodSeconds: number | undefined;
  /** Undefined: the kind's default. */
  readonly propagationPolicy: PropagationPolicy | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
  readonly dryRun: boolean;
  /** Admission has seen what the deletion is a part of. */
  readonly isAdmitted?: true;
}

const POLICIES = ['Foreground', 'Background', 'Orphan'];

function decodeBody(operation: Operation): JsonObject {
  const { request } = operation;
  const { object } = parseObjectBody(request.body, contentTypeOf(request.headers), 'DeleteOptions');
  const kind = object['kind'] as unknown;
  if (kind !== undefined && kind !== '' && kind !== 'DeleteOptions') {
    throw badRequest(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(object['apiVersion'] ?? '')} in scheme "pkg/runtime/scheme.go:111"`,
    );
  }
  return object;
}

function fromQuery(query: URLSearchParams): JsonObject {
  const gracePeriodSeconds = integerParameter(query, 'gracePeriodSeconds');
  return {
    ...(gracePeriodSeconds === undefined ? {} : { gracePeriodSeconds }),
    ...(query.has('propagationPolicy')
      ? { propagationPolicy: query.get('propagationPolicy') }
      : {}),
    ...(query.has('orphanDependents')
      ? { orphanDependents: booleanParameter(query, 'orphanDependents') }
      : {}),
    dryRun: query.getAll('dryRun').filter((value) => value !== ''),
  };
}

const GO_TYPES = {
  string: 'string',
  number: 'int64',
  boolean: 'bool',
  object: 'v1.Preconditions',
} as const;

function checkTypes(options: JsonObject): void {
  const expect = (field: string, type: 'string' | 'number' | 'boolean' | 'object') => {
    const value: unknown = options[field];
    if (value !== undefined && value !== null && typeof value !== type) {
      throw badRequest(
        `json: cannot unmarshal ${typeof value} into Go struct field DeleteOptions.${field} of type ${GO_TYPES[type]}`,
      );
    }
  };
  expect('gracePeriodSeconds', 'number');
  expect('propagationPolicy', 'string');
  expect('orphanDependents', 'boolean');
  expect('preconditions', 'object');
  expect('dryRun', 'object');
}

/** Reads the options of a delete from the body, or from the query when there is no body. @throws StatusError 400, 422 */
export function parseDeleteOptions(operation: Operation): DeleteOptions {
  const { body, query } = operation.request;
  const options = body.byteLength > 0 ? decodeBody(operation) : fromQuery(query);
  checkTypes(options);
  // Types were checked; members of `preconditions` and `dryRun` are only compared.
  const policy = (options['propagationPolicy'] ?? undefined) as string | undefined;
  const orphanDependents = (options['orphanDependents'] ?? undefined) as boolean | undefined;
  const dryRun = (options['dryRun'] ?? []) as string[];
  const preconditions = (options['preconditions'] ?? {}) as JsonObject;
  const errors: FieldError[] = [];
  if (policy !== undefined && orphanDependents !== undefined) {
    errors.push(
      invalid(
        'propagationPolicy',
        policy,
        'orphanDependents and deletionPropagation cannot be both set',
      ),
    );
  }
  if (policy !== undefined && !POLICIES.includes(policy)) {
    errors.push({
      type: 'FieldValueNotSupported',
      field: 'propagationPolicy',
      message: `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    });
  }
  errors.push(...dryRunErrors(dryRun));
  if (errors.length > 0) {
    throw invalidError({ group: 'meta.k8s.io', kind: 'DeleteOptions' }, '', errors);
  }
  const orphan =
    orphanDependents === undefined ? undefined : orphanDependents ? 'Orphan' : 'Background';
  return {
    gracePeriodSeconds: (options['gracePeriodSeconds'] ?? undefined) as number | undefined,
    // Compared with the choices above.
    propagationPolicy: (policy ?? orphan) as PropagationPolicy | undefined,
    uid: (preconditions['uid'] ?? undefined) as string | undefined,
    resourceVersion: (preconditions['resourceVersion'] ?? undefined) as string | undefined,
    dryRun: dryRun.length > 0,
  };
}
