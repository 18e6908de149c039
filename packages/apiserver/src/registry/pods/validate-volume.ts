import type { JsonObject } from '../../contracts.ts';
import { duplicate, forbidden, required, type FieldError } from '../../field-error.ts';
import { listAt, objectAt, textAt } from '../json-read.ts';
import { dnsLabel } from '../validation/value-rules.ts';

/** Members that a volume source cannot do without. */
const REQUIRED: Readonly<Record<string, readonly string[]>> = {
  secret: ['secretName'],
  configMap: ['name'],
  hostPath: ['path'],
  persistentVolumeClaim: ['claimName'],
  nfs: ['server', 'path'],
  csi: ['driver'],
};

function validateSource(path: string, volume: JsonObject): FieldError[] {
  const sources = Object.keys(volume).filter((key) => key !== 'name');
  const errors: FieldError[] = [];
  for (const [index, source] of sources.entries()) {
    if (index > 0) {
      errors.push(forbidden(`${path}.${source}`, 'may not specify more than 1 volume type'));
      continue;
    }
    const value = objectAt(volume, source);
    for (const member of REQUIRED[source] ?? []) {
      if (textAt(value, member) === '') errors.push(required(`${path}.${source}.${member}`));
    }
  }
  return errors;
}

/** Rules for the volumes of a pod. */
export function validateVolumes(path: string, spec: JsonObject): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, volume] of listAt(spec, 'volumes').entries()) {
    const field = `${path}.volumes[${index}]`;
    const name = textAt(volume, 'name');
    const own = validateSource(field, volume);
    if (name === '') own.push(required(`${field}.name`));
    else own.push(...dnsLabel(`${field}.name`, name));
    if (names.has(name)) own.push(duplicate(`${field}.name`, name));
    // A volume that is wrong itself takes no name away from others.
    if (own.length === 0) names.add(name);
    errors.push(...own);
  }
  return errors;
}
