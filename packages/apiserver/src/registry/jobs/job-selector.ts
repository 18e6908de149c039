import { fromLabelSelector } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { invalid, required, type FieldError } from '../../field-error.ts';
import { ensureObject, objectAt, setDefault, textAt } from '../json-read.ts';
import { validateSelector } from '../validation/selector-rules.ts';

const CONTROLLER_UID = 'batch.kubernetes.io/controller-uid';
const JOB_NAME = 'batch.kubernetes.io/job-name';
/** The names of these labels before they had a prefix; still set. */
const OLD_CONTROLLER_UID = 'controller-uid';
const OLD_JOB_NAME = 'job-name';

/** The labels by which the pods of a Job are known. */
function generatedLabels(job: JsonObject): Record<string, string> {
  const metadata = objectAt(job, 'metadata');
  const uid = textAt(metadata, 'uid');
  const name = textAt(metadata, 'name');
  return {
    [OLD_CONTROLLER_UID]: uid,
    [OLD_JOB_NAME]: name,
    [CONTROLLER_UID]: uid,
    [JOB_NAME]: name,
  };
}

/**
 * Makes selector and labels from the uid, so that no two Jobs ever take each other's pods. What is set already stays,
 * and is refused by {@link validateGeneratedSelector} when it differs.
 */
export function generateSelector(job: JsonObject): void {
  const spec = objectAt(job, 'spec');
  if (spec['manualSelector'] === true) return;
  const generated = generatedLabels(job);
  const labels = ensureObject(ensureObject(ensureObject(spec, 'template'), 'metadata'), 'labels');
  for (const [key, value] of Object.entries(generated)) setDefault(labels, key, value);
  const matchLabels = ensureObject(ensureObject(spec, 'selector'), 'matchLabels');
  setDefault(matchLabels, CONTROLLER_UID, generated[CONTROLLER_UID]);
}

/**
 * Rules for a selector that the server makes.
 *
 * @param old the stored Job on an update: one from before the labels had a prefix may go without them
 */
export function validateGeneratedSelector(
  job: JsonObject,
  old: JsonObject | undefined,
): FieldError[] {
  const spec = objectAt(job, 'spec');
  const selector = spec['selector'] as JsonObject | undefined;
  if (spec['manualSelector'] === true || selector === undefined) return [];
  const generated = generatedLabels(job);
  const needsPrefix = old === undefined || [JOB_NAME, CONTROLLER_UID].every(isLabelOf(old));
  const expected = Object.entries(generated).filter(([key]) => needsPrefix || !key.includes('/'));
  const errors = expected.flatMap(([key, value]) => validateHasLabel(job, key, value));
  if (isMalformed(selector)) return errors;
  // Decoded: a selector of the declared type.
  if (!fromLabelSelector(selector).matches(Object.fromEntries(expected))) {
    errors.push(invalid('spec.selector', shownSelector(selector), '`selector` not auto-generated'));
  }
  return errors;
}

/** Rules for a selector that must choose the pods of the template beside it, whoever made it. */
export function validateSelectorMatch(path: string, spec: JsonObject): FieldError[] {
  const selector = spec['selector'] as JsonObject | undefined;
  if (selector !== undefined && isMalformed(selector)) return [];
  const labels = templateLabels(spec);
  // Decoded: a selector of the declared type. One that is missing chooses nothing.
  if (fromLabelSelector(selector).matches(labels ?? {})) return [];
  const text = '`selector` does not match template `labels`';
  return [invalid(`${path}.template.metadata.labels`, labels && inOrder(labels), text)];
}

/** A selector as messages show it: labels in their order. */
export function shownSelector(selector: JsonObject): JsonObject {
  const { matchLabels, ...rest } = selector;
  const labels = matchLabels as Record<string, string> | undefined;
  return labels === undefined ? selector : { matchLabels: inOrder(labels), ...rest };
}

/** What is wrong with the selector itself is told elsewhere. */
function isMalformed(selector: JsonObject): boolean {
  return validateSelector('', selector).length > 0;
}

function isLabelOf(job: JsonObject): (key: string) => boolean {
  return (key) => templateLabels(objectAt(job, 'spec'))?.[key] !== undefined;
}

function templateLabels(spec: JsonObject): Record<string, string> | undefined {
  // Decoded: labels are a map of strings.
  return objectAt(objectAt(spec, 'template'), 'metadata')['labels'] as
    Record<string, string> | undefined;
}

function validateHasLabel(job: JsonObject, key: string, value: string): FieldError[] {
  const labels = templateLabels(objectAt(job, 'spec')) ?? {};
  const field = `spec.template.metadata.labels[${key}]`;
  const text = `must be '${value}'`;
  if (labels[key] === undefined) return [required(field, text)];
  return labels[key] === value ? [] : [invalid(field, inOrder(labels), text)];
}

function inOrder(labels: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(labels).sort(([left], [right]) => (left < right ? -1 : 1)),
  );
}
