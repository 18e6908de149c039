import { X509Certificate } from 'node:crypto';
import { validateDnsLabel, validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import {
  duplicate,
  forbidden,
  invalid,
  notSupported,
  quote,
  required,
  tooLong,
  type FieldError,
} from '../../field-error.ts';
import { listAt, numberAt, objectAt, stringsAt, textAt } from '../json-read.ts';
import { certificationRequestProblem } from './certification-request.ts';
import { repeatedAt } from '../validation/value-rules.ts';
import { pemBlocks } from './pem-block.ts';

const LONGEST_DOMAIN = 253;
/** A domain, a slash, and a path that holds a label, a dot and a subdomain. */
const LONGEST_SIGNER = LONGEST_DOMAIN + 1 + (253 + 63 + 1);
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown';
/** Shortest life that a certificate can be asked for, in seconds. */
const SHORTEST_LIFE = 600;
const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
];

/** The first of the labels that is wrong, with what is wrong with it. */
function labelErrors(
  path: string,
  text: string,
  check: (label: string) => readonly string[],
): FieldError[] {
  for (const label of text.split('.')) {
    const problems = check(label);
    if (problems.length === 0) continue;
    return problems.map((problem) =>
      invalid(path, text, `validating label ${quote(label)}: ${problem}`),
    );
  }
  return [];
}

function validateSigner(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)];
  if (name === LEGACY_SIGNER) {
    return [invalid(path, name, 'the legacy signerName is not allowed via this API version')];
  }
  const [domain = '', rest, ...more] = name.split('/');
  if (rest === undefined || more.length > 0) {
    const rule = "must be a fully qualified domain and path of the form 'example.com/signer-name'";
    return [invalid(path, name, rule)];
  }
  const rule = 'should be a domain with at least two segments separated by dots';
  return [
    ...(domain.length > LONGEST_DOMAIN ? [tooLong(path, LONGEST_DOMAIN)] : []),
    ...labelErrors(path, domain, validateDnsLabel),
    ...(domain.includes('.') ? [] : [invalid(path, domain, rule)]),
    ...labelErrors(path, rest, validateDnsSubdomain),
    ...(name.length > LONGEST_SIGNER ? [tooLong(path, LONGEST_SIGNER)] : []),
  ];
}

function validateUsages(path: string, usages: readonly string[]): FieldError[] {
  if (usages.length === 0) return [required(path)];
  return [
    ...usages.flatMap((usage, index) =>
      USAGES.includes(usage) ? [] : [notSupported(`${path}[${index}]`, usage, USAGES)],
    ),
    ...[...repeatedAt(usages)].map((index) => duplicate(`${path}[${index}]`, usages[index])),
  ];
}

/** Rules for what is asked for. */
export function validateSigningRequestSpec(spec: JsonObject): FieldError[] {
  // Absent is not the same as empty in the message.
  const request = spec['request'] as string | undefined;
  const problem = certificationRequestProblem(Buffer.from(request ?? '', 'base64').toString());
  const life = numberAt(spec, 'expirationSeconds');
  const shortLife = 'may not specify a duration less than 600 seconds (10 minutes)';
  return [
    ...(problem === undefined ? [] : [invalid('spec.request', request, problem)]),
    ...validateUsages('spec.usages', stringsAt(spec, 'usages')),
    ...validateSigner('spec.signerName', textAt(spec, 'signerName')),
    ...(life !== undefined && life < SHORTEST_LIFE
      ? [invalid('spec.expirationSeconds', life, shortLife)]
      : []),
  ];
}

const VERDICTS = ['Approved', 'Denied'];
/** Conditions that are true or not there at all, and stay once they are there. */
const FINAL = [...VERDICTS, 'Failed'];

function validateConditions(conditions: readonly JsonObject[]): FieldError[] {
  const path = 'status.conditions';
  const types = conditions.map((condition) => textAt(condition, 'type'));
  const repeated = repeatedAt(types);
  const firsts = VERDICTS.map((verdict) => types.indexOf(verdict));
  // From the first verdict of the other type on each one is too many.
  const bothGivenAt = firsts.includes(-1) ? types.length : Math.max(...firsts) - 1;
  return conditions.flatMap((condition, index) => {
    const place = `${path}[${index}]`;
    const [type, status] = [textAt(condition, 'type'), textAt(condition, 'status')];
    const known = FINAL.includes(type) ? ['True'] : ['False', 'True', 'Unknown'];
    const isSecondVerdict = VERDICTS.includes(type) && index > bothGivenAt;
    const exclusive = 'Approved and Denied conditions are mutually exclusive';
    return [
      ...(type === '' ? [required(`${place}.type`)] : []),
      ...(status === '' ? [required(`${place}.status`)] : []),
      ...(status === '' || known.includes(status)
        ? []
        : [notSupported(`${place}.status`, status, known)]),
      ...(isSecondVerdict ? [invalid(path, type, exclusive)] : []),
      ...(repeated.has(index) ? [duplicate(`${place}.type`, type)] : []),
    ];
  });
}

function certificateProblem(pem: string): string | undefined {
  const blocks = pemBlocks(pem);
  if (blocks.length === 0) return 'must contain at least one CERTIFICATE PEM block';
  for (const { type, hasHeaders, bytes } of blocks) {
    if (type !== 'CERTIFICATE') {
      return `only CERTIFICATE PEM blocks are allowed, found ${quote(type)}`;
    }
    if (hasHeaders) return 'no PEM block headers are permitted';
    try {
      new X509Certificate(bytes);
    } catch (error) {
      return `x509: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return undefined;
}

/** Which parts of the status a request may write. */
export type StatusPart = 'approval' | 'status';

/**
 * Rules for a change of the status: verdicts are given by `approval` and stay, a certificate is given once.
 *
 * @param part the subresource that is written
 */
export function validateSigningRequestStatus(
  object: JsonObject,
  old: JsonObject,
  part: StatusPart,
): FieldError[] {
  const [status, before] = [objectAt(object, 'status'), objectAt(old, 'status')];
  const errors = validateConditions(listAt(status, 'conditions'));
  const [certificate, given] = [textAt(status, 'certificate'), textAt(before, 'certificate')];
  const isChanged = certificate !== given;
  if (isChanged && certificate !== '') {
    const problem = certificateProblem(Buffer.from(certificate, 'base64').toString());
    if (problem !== undefined) {
      errors.push(invalid('status.certificate', '<certificate data>', problem));
    }
  }
  const ofType = (of: JsonObject, type: string) =>
    listAt(of, 'conditions').filter((condition) => condition['type'] === type);
  for (const type of FINAL) {
    if (ofType(status, type).length < ofType(before, type).length) {
      const rule = `updates may not remove a condition of type ${quote(type)}`;
      errors.push(forbidden('status.conditions', rule));
    }
  }
  for (const type of part === 'status' ? VERDICTS : []) {
    if (ofType(status, type).length > ofType(before, type).length) {
      const rule = `updates may not add a condition of type ${quote(type)}`;
      errors.push(forbidden('status.conditions', rule));
    }
  }
  if (isChanged && given !== '') {
    const rule = 'updates may not modify existing certificate content';
    errors.push(forbidden('status.certificate', rule));
  }
  return errors;
}

/** Gives the conditions of a written status the moments that they do not tell. */
export function fillConditionTimes(object: JsonObject, old: JsonObject, now: string): void {
  const before = listAt(objectAt(old, 'status'), 'conditions');
  for (const condition of listAt(objectAt(object, 'status'), 'conditions')) {
    condition['lastUpdateTime'] ??= now;
    const same = before.find(
      ({ type, status }) => type === condition['type'] && status === condition['status'],
    );
    condition['lastTransitionTime'] ??= (same?.['lastTransitionTime'] ?? now) as unknown;
  }
}

/** Puts back the verdicts that stand already: a write of the status cannot reword them. */
export function keepVerdicts(object: JsonObject, old: JsonObject): void {
  const status = objectAt(object, 'status');
  for (const type of VERDICTS) {
    const isOfType = (condition: JsonObject) => condition['type'] === type;
    const kept = listAt(objectAt(old, 'status'), 'conditions').filter(isOfType);
    const written = listAt(status, 'conditions').filter(isOfType);
    if (kept.length !== written.length || kept.length === 0) continue;
    status['conditions'] = listAt(status, 'conditions').map((condition) =>
      isOfType(condition) ? kept.shift() : condition,
    );
  }
}
