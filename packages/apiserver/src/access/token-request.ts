import { formatTime } from '@kubewright/apimachinery';
import type { Clock, JsonObject, StoreReader, TokenIssuer } from '../contracts.ts';
import { invalid, required, type FieldError } from '../field-error.ts';
import { badRequest, conflict, invalidError, notFound } from '../status.ts';
import { BOUND_KINDS, findBoundObject, isBoundKind, uidOf } from './bound-object.ts';
import { objectOrEmpty } from '../schema/json-type.ts';
import {
  SERVICE_ACCOUNT_ISSUER,
  type ServiceAccountTokens,
  type TokenBinding,
} from './service-account-tokens.ts';

const GROUP = 'authentication.k8s.io';
const DEFAULT_EXPIRATION_SECONDS = 3600;
const MIN_EXPIRATION_SECONDS = 600;
const MAX_EXPIRATION_SECONDS = 2 ** 32;
/**
 * Kubelets ask for this odd number of seconds; such tokens really last a year, for clients that never read the file
 * again, and carry the hour in `warnafter`.
 */
const KUBELET_EXPIRATION_SECONDS = 3607;
const EXTENDED_EXPIRATION_SECONDS = 365 * 24 * 60 * 60;

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function audiencesOf(spec: JsonObject): readonly string[] {
  const audiences: unknown = spec['audiences'];
  return Array.isArray(audiences) && audiences.length > 0
    ? audiences.map(String)
    : [SERVICE_ACCOUNT_ISSUER];
}

function validate(expirationSeconds: number, reference: JsonObject | undefined): FieldError[] {
  const field = 'spec.expirationSeconds';
  const errors: FieldError[] = [];
  if (expirationSeconds < MIN_EXPIRATION_SECONDS) {
    errors.push(
      invalid(field, expirationSeconds, 'may not specify a duration less than 10 minutes'),
    );
  }
  if (expirationSeconds > MAX_EXPIRATION_SECONDS) {
    errors.push(
      invalid(field, expirationSeconds, 'may not specify a duration larger than 2^32 seconds'),
    );
  }
  if (reference !== undefined && text(reference['kind']) === '') {
    errors.push(required('spec.boundObjectRef.kind'));
  }
  return errors;
}

/** Answers TokenRequests (`serviceaccounts/token`). */
export class TokenRequests implements TokenIssuer {
  readonly #tokens: ServiceAccountTokens;
  readonly #store: StoreReader;
  readonly #clock: Clock;

  constructor(options: {
    readonly tokens: ServiceAccountTokens;
    readonly store: StoreReader;
    readonly clock: Clock;
  }) {
    this.#tokens = options.tokens;
    this.#store = options.store;
    this.#clock = options.clock;
  }

  async issueToken(request: JsonObject, serviceAccount: JsonObject): Promise<JsonObject> {
    // Stored objects have metadata.
    const account = serviceAccount['metadata'] as JsonObject;
    const [namespace, name] = [text(account['namespace']), text(account['name'])];
    this.#checkMetadata(objectOrEmpty(request['metadata']), namespace, name);
    const spec = objectOrEmpty(request['spec']);
    const audiences = audiencesOf(spec);
    const expirationSeconds = Number(spec['expirationSeconds'] ?? DEFAULT_EXPIRATION_SECONDS);
    const reference = spec['boundObjectRef'] as JsonObject | null | undefined;
    const errors = validate(expirationSeconds, reference ?? undefined);
    if (errors.length > 0) {
      throw invalidError({ group: GROUP, kind: 'TokenRequest' }, '', errors);
    }
    const binding =
      reference === null || reference === undefined
        ? undefined
        : this.#resolve(reference, namespace, name);
    const isKubelet =
      expirationSeconds === KUBELET_EXPIRATION_SECONDS &&
      binding?.kind === 'Pod' &&
      audiences.length === 1 &&
      audiences[0] === SERVICE_ACCOUNT_ISSUER;
    const { token } = this.#tokens.issue({
      namespace,
      name,
      uid: uidOf(serviceAccount),
      audiences,
      expirationSeconds: isKubelet ? EXTENDED_EXPIRATION_SECONDS : expirationSeconds,
      warnAfterSeconds: isKubelet ? KUBELET_EXPIRATION_SECONDS : undefined,
      binding,
    });
    const nowMs = this.#clock.now();
    return {
      kind: 'TokenRequest',
      apiVersion: `${GROUP}/v1`,
      metadata: {
        name,
        namespace,
        uid: uidOf(serviceAccount),
        creationTimestamp: formatTime(new Date(nowMs)),
      },
      spec: { audiences, expirationSeconds, boundObjectRef: reference ?? null },
      status: {
        token,
        // What was asked for, also when the token really lasts longer: that is when to ask again.
        expirationTimestamp: formatTime(new Date(nowMs + expirationSeconds * 1000)),
      },
    };
  }

  #checkMetadata(metadata: JsonObject, namespace: string, name: string): void {
    const errors: FieldError[] = [];
    const given = text(metadata['name']);
    if (given !== '' && given !== name) {
      errors.push(
        invalid('metadata.name', given, 'must match the service account name if specified'),
      );
    }
    const place = text(metadata['namespace']);
    if (place !== '' && place !== namespace) {
      errors.push(
        invalid(
          'metadata.namespace',
          place,
          'must match the service account namespace if specified',
        ),
      );
    }
    if (errors.length > 0) {
      throw invalidError({ group: GROUP, kind: 'TokenRequest' }, name, errors);
    }
  }

  #resolve(reference: JsonObject, namespace: string, accountName: string): TokenBinding {
    const kind = text(reference['kind']);
    const apiVersion = text(reference['apiVersion']);
    const name = text(reference['name']);
    if (!isBoundKind(kind) || (apiVersion !== '' && apiVersion !== 'v1')) {
      const version = apiVersion === 'v1' || apiVersion === '' ? '/v1' : apiVersion;
      throw badRequest(`cannot bind token to object of type ${version}, Kind=${kind}`);
    }
    if (name === '') throw badRequest('Name parameter required.');
    const resource = { group: '', plural: BOUND_KINDS[kind].plural };
    const object = findBoundObject(this.#store, kind, namespace, name);
    if (object === undefined) throw notFound(resource, name);
    if (kind === 'Pod') {
      const pod = objectOrEmpty(object['spec']);
      if ((text(pod['serviceAccountName']) || 'default') !== accountName) {
        throw badRequest(
          `cannot bind token for serviceaccount ${JSON.stringify(accountName)} to pod running with different serviceaccount name.`,
        );
      }
    }
    const uid = text(reference['uid']);
    if (uid !== '' && uid !== uidOf(object)) {
      throw conflict(
        { group: '', plural: kind },
        name,
        `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`,
      );
    }
    return { kind, object };
  }
}
