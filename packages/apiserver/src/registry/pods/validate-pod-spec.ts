import type { JsonObject } from '../../contracts.ts';
import { invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, textAt } from '../json-read.ts';
import { validateLabels } from '../validation/selector-rules.ts';
import { dnsLabel, dnsSubdomain, oneOf } from '../validation/value-rules.ts';
import { validateContainer, validateContainerName } from './validate-container.ts';
import { validateVolumes } from './validate-volume.ts';

const MAX_DEADLINE_SECONDS = 2 ** 31 - 1;

/** Looked at after everything else, as the order of the messages shows. */
function imageSpaceErrors(path: string, spec: JsonObject): FieldError[] {
  return ['initContainers', 'containers'].flatMap((list) =>
    listAt(spec, list).flatMap((container, index) => {
      const image = textAt(container, 'image');
      const field = `${path}.${list}[${index}].image`;
      return image === image.trim()
        ? []
        : [invalid(field, image, 'must not have leading or trailing whitespace')];
    }),
  );
}

function validateContainers(path: string, spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Set(listAt(spec, 'volumes').map((volume) => textAt(volume, 'name')));
  const hostNetwork = spec['hostNetwork'] === true;
  const names = new Set<string>();
  const validateList = (list: string, isInit: boolean) => {
    for (const [index, container] of listAt(spec, list).entries()) {
      const field = `${path}.${list}[${index}]`;
      const name = textAt(container, 'name');
      errors.push(
        ...validateContainerName(field, name, names),
        ...validateContainer(field, container, { volumes, hostNetwork, isInit }),
      );
      if (name !== '') names.add(name);
    }
  };
  if (listAt(spec, 'containers').length === 0) errors.push(required(`${path}.containers`));
  validateList('containers', false);
  validateList('initContainers', true);
  return [...errors, ...imageSpaceErrors(path, spec)];
}

const TOLERATION_EFFECTS = ['NoSchedule', 'PreferNoSchedule', 'NoExecute'];

function validateTolerations(path: string, spec: JsonObject): FieldError[] {
  return listAt(spec, 'tolerations').flatMap((toleration, index) => {
    const field = `${path}.tolerations[${index}]`;
    const errors: FieldError[] = [];
    const key = textAt(toleration, 'key');
    const operator = textAt(toleration, 'operator');
    const effect = textAt(toleration, 'effect');
    if (key === '' && operator !== 'Exists') {
      errors.push(
        invalid(
          `${field}.operator`,
          operator,
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      );
    }
    if (operator !== '' && operator !== 'Equal' && operator !== 'Exists') {
      errors.push(notSupported(`${field}.operator`, operator, ['Equal', 'Exists']));
    }
    if (toleration['tolerationSeconds'] !== undefined && effect !== 'NoExecute') {
      errors.push(
        invalid(
          `${field}.effect`,
          effect,
          "effect must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
    if (operator === 'Exists' && textAt(toleration, 'value') !== '') {
      errors.push(
        invalid(`${field}.operator`, toleration, "value must be empty when `operator` is 'Exists'"),
      );
    }
    if (effect !== '' && !TOLERATION_EFFECTS.includes(effect)) {
      errors.push(...oneOf(`${field}.effect`, effect, TOLERATION_EFFECTS));
    }
    return errors;
  });
}

/** Rules for a pod spec, of a pod or of a template. */
export function validatePodSpec(path: string, spec: JsonObject): FieldError[] {
  const errors = [
    ...validateVolumes(path, spec),
    ...validateContainers(path, spec),
    ...oneOf(`${path}.restartPolicy`, textAt(spec, 'restartPolicy'), [
      'Always',
      'OnFailure',
      'Never',
    ]),
    ...oneOf(`${path}.dnsPolicy`, textAt(spec, 'dnsPolicy'), [
      'ClusterFirstWithHostNet',
      'ClusterFirst',
      'Default',
      'None',
    ]),
    ...validateLabels(`${path}.nodeSelector`, (spec['nodeSelector'] ?? {}) as JsonObject),
  ];
  const account = textAt(spec, 'serviceAccountName');
  if (account !== '') errors.push(...dnsSubdomain(`${path}.serviceAccountName`, account));
  const node = textAt(spec, 'nodeName');
  if (node !== '') errors.push(...dnsSubdomain(`${path}.nodeName`, node));
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline !== undefined && (deadline < 1 || deadline > MAX_DEADLINE_SECONDS)) {
    errors.push(
      invalid(
        `${path}.activeDeadlineSeconds`,
        deadline,
        `must be between 1 and ${MAX_DEADLINE_SECONDS}, inclusive`,
      ),
    );
  }
  const hostname = textAt(spec, 'hostname');
  if (hostname !== '') errors.push(...dnsLabel(`${path}.hostname`, hostname));
  const subdomain = textAt(spec, 'subdomain');
  if (subdomain !== '') errors.push(...dnsLabel(`${path}.subdomain`, subdomain));
  errors.push(...validateTolerations(path, spec));
  return errors;
}
