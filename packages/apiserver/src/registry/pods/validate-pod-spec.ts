import { validateLabelKey } from '@kubewright/apimachinery';
import type { JsonObject } from '../../contracts.ts';
import { duplicate, invalid, notSupported, required, type FieldError } from '../../field-error.ts';
import { listAt, numberAt, objectAt, textAt } from '../json-read.ts';
import { validateLabels } from '../validation/selector-rules.ts';
import { dnsLabel, dnsSubdomain, oneOf } from '../validation/value-rules.ts';
import { validateAffinity } from './validate-affinity.ts';
import { validateContainers } from './validate-containers.ts';
import { validateDns, validateHostAliases, validateHostnameOverride } from './validate-names.ts';
import { validateHostUsers, validatePodSecurity } from './validate-security-context.ts';
import { validateTolerations } from './validate-tolerations.ts';
import { validateTopologySpread } from './validate-topology-spread.ts';
import { validateVolumes } from './validate-volume.ts';

const MAX_DEADLINE_SECONDS = 2 ** 31 - 1;

/** On a node's own network a port has one number. A template may leave it to the pods. */
function validateHostNetwork(path: string, spec: JsonObject): FieldError[] {
  if (spec['hostNetwork'] !== true) return [];
  return listAt(spec, 'containers').flatMap((container, at) =>
    listAt(container, 'ports').flatMap((port, index) => {
      const hostPort = numberAt(port, 'hostPort') ?? 0;
      const field = `${path}.containers[${at}].ports[${index}].hostPort`;
      const rule = 'must match `containerPort` when `hostNetwork` is true';
      return hostPort === 0 || hostPort === (numberAt(port, 'containerPort') ?? 0)
        ? []
        : [invalid(field, hostPort, rule)];
    }),
  );
}

/** A claim to devices is one that exists, or is made from a template. */
function validateResourceClaims(path: string, spec: JsonObject): FieldError[] {
  const names = new Set<string>();
  return listAt(spec, 'resourceClaims').flatMap((claim, index) => {
    const field = `${path}.resourceClaims[${index}]`;
    const name = textAt(claim, 'name');
    const errors: FieldError[] = [];
    if (name === '') errors.push(required(`${field}.name`));
    else if (names.has(name)) errors.push(duplicate(`${field}.name`, name));
    else errors.push(...dnsLabel(`${field}.name`, name));
    names.add(name);
    const claimName: unknown = claim['resourceClaimName'] ?? null;
    const templateName: unknown = claim['resourceClaimTemplateName'] ?? null;
    // As the API's own structures spell it.
    const spelled = {
      Name: name,
      ResourceClaimName: claimName,
      ResourceClaimTemplateName: templateName,
    };
    if (claimName !== null && templateName !== null) {
      const rule =
        'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified';
      errors.push(invalid(field, spelled, rule));
    }
    if (claimName === null && templateName === null) {
      const rule = 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`';
      errors.push(invalid(field, spelled, rule));
    }
    for (const member of ['resourceClaimName', 'resourceClaimTemplateName']) {
      if (claim[member] !== undefined) {
        errors.push(...dnsSubdomain(`${field}.${member}`, textAt(claim, member)));
      }
    }
    return errors;
  });
}

function validateGates(path: string, spec: JsonObject): FieldError[] {
  const errors = listAt(spec, 'readinessGates').flatMap((gate, index) => {
    const type = textAt(gate, 'conditionType');
    const field = `${path}.readinessGates[${index}].conditionType`;
    return validateLabelKey(type).map((text) => invalid(field, type, text));
  });
  const names = new Set<string>();
  for (const [index, gate] of listAt(spec, 'schedulingGates').entries()) {
    const name = textAt(gate, 'name');
    const field = `${path}.schedulingGates[${index}]`;
    errors.push(...validateLabelKey(name).map((text) => invalid(field, name, text)));
    if (names.has(name)) errors.push(duplicate(field, name));
    names.add(name);
  }
  return errors;
}

function validateDeadline(path: string, spec: JsonObject): FieldError[] {
  const deadline = numberAt(spec, 'activeDeadlineSeconds');
  if (deadline === undefined || (deadline >= 1 && deadline <= MAX_DEADLINE_SECONDS)) return [];
  const rule = `must be between 1 and ${MAX_DEADLINE_SECONDS}, inclusive`;
  return [invalid(`${path}.activeDeadlineSeconds`, deadline, rule)];
}

/** Members that name something by the same rule; an empty one names nothing. */
function validateNames(
  path: string,
  spec: JsonObject,
  rule: (path: string, name: string) => FieldError[],
  members: readonly string[],
): FieldError[] {
  return members.flatMap((member) => {
    const name = textAt(spec, member);
    return name === '' ? [] : rule(`${path}.${member}`, name);
  });
}

const SYSTEMS = ['linux', 'windows'];

function validateSystem(path: string, spec: JsonObject): FieldError[] {
  if (spec['os'] === undefined) return [];
  const name = textAt(objectAt(spec, 'os'), 'name');
  if (name === '') return [required(`${path}.os.name`)];
  return SYSTEMS.includes(name) ? [] : [notSupported(`${path}.os`, name, SYSTEMS)];
}

/** Rules for a pod spec, of a pod or of a template. */
export function validatePodSpec(path: string, spec: JsonObject): FieldError[] {
  const { errors, volumes } = validateVolumes(path, spec);
  return [
    ...errors,
    ...validateResourceClaims(path, spec),
    ...validateContainers(path, spec, volumes),
    ...validateHostNetwork(path, spec),
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
    ...validateLabels(`${path}.nodeSelector`, objectAt(spec, 'nodeSelector')),
    ...validatePodSecurity(`${path}.securityContext`, spec),
    ...validateAffinity(`${path}.affinity`, spec),
    ...validateDns(path, spec),
    ...validateGates(path, spec),
    ...validateTopologySpread(path, spec),
    ...validateHostUsers(path, spec),
    ...validateHostnameOverride(path, spec),
    ...validateNames(path, spec, dnsSubdomain, ['serviceAccountName', 'nodeName']),
    ...validateDeadline(path, spec),
    ...validateNames(path, spec, dnsLabel, ['hostname', 'subdomain']),
    ...validateTolerations(path, spec),
    ...validateHostAliases(path, spec),
    ...validateNames(path, spec, dnsSubdomain, ['priorityClassName', 'runtimeClassName']),
    ...validateSystem(path, spec),
  ];
}
