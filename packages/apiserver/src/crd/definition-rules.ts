import { validateDns1035Label, validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { forbidden, invalid, notSupported, required, type FieldError } from '../field-error.ts';
import { compileRules } from '../cel/compile-rules.ts';
import { compileStructuralSchema } from '../schema/structural-schema.ts';
import { conversionErrors } from './conversion-rules.ts';
import { allDefaultErrors } from './default-rules.ts';
import { DefinitionView, type DefinitionNames, type DefinitionVersion } from './definition-view.ts';
import { columnErrors, selectableFieldErrors, subresourceErrors } from './serving-rules.ts';
import { structuralErrors } from './structural-rules.ts';

const APPROVAL = 'api-approved.kubernetes.io';

function labelErrors(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  return validateDns1035Label(value).map((message) => invalid(field, value, message));
}

/** Kinds are DNS labels but for the case of their letters. */
function kindErrors(field: string, value: string): FieldError[] {
  if (value === '') return [required(field)];
  return validateDns1035Label(value.toLowerCase()).map((message) =>
    invalid(field, value, `may have mixed case, but should otherwise match: ${message}`),
  );
}

function nameErrors(names: DefinitionNames): FieldError[] {
  const path = 'spec.names';
  const list = (field: string, values: readonly string[]): FieldError[] =>
    values.flatMap((value, index) =>
      validateDns1035Label(value).map((message) =>
        invalid(`${path}.${field}[${index}]`, value, message),
      ),
    );
  const errors = [
    ...labelErrors(`${path}.plural`, names.plural),
    ...labelErrors(`${path}.singular`, names.singular),
    ...kindErrors(`${path}.kind`, names.kind),
    ...kindErrors(`${path}.listKind`, names.listKind),
    ...list('shortNames', names.shortNames),
  ];
  if (names.kind !== '' && names.kind === names.listKind) {
    errors.push(
      invalid(`${path}.listKind`, names.listKind, 'kind and listKind may not be the same'),
    );
  }
  return [...errors, ...list('categories', names.categories)];
}

/** How the API server prints its own form of the versions. */
function describeVersions(versions: readonly DefinitionVersion[]): unknown {
  return versions.map(({ name, served, storage, deprecated, deprecationWarning }) => ({
    Name: name,
    Served: served,
    Storage: storage,
    Deprecated: deprecated,
    DeprecationWarning: deprecationWarning ?? null,
    Schema: null,
    Subresources: null,
    AdditionalPrinterColumns: null,
    SelectableFields: null,
  }));
}

function versionListErrors(view: DefinitionView, hasVersions: boolean): FieldError[] {
  const { versions } = view;
  const shown = hasVersions ? describeVersions(versions) : null;
  const errors: FieldError[] = [];
  if (new Set(versions.map(({ name }) => name)).size < versions.length) {
    errors.push(invalid('spec.versions', shown, 'must contain unique version names'));
  }
  if (view.storageVersion() === undefined) {
    errors.push(
      invalid('spec.versions', shown, 'must have exactly one version marked as storage version'),
    );
  }
  const names = versions.flatMap(({ name }, index) =>
    validateDns1035Label(name).flatMap((message) => [
      invalid(`spec.versions[${index}].name`, name, message),
      // The first version also has a place of its own in the server's form of the spec.
      ...(index === 0 ? [invalid('spec.version', name, message)] : []),
    ]),
  );
  return [...errors, ...names];
}

function versionErrors(
  view: DefinitionView,
  version: DefinitionVersion,
  index: number,
): FieldError[] {
  const errors: FieldError[] = [];
  if (version.deprecationWarning !== undefined && !version.deprecated) {
    errors.push(
      invalid(
        `spec.versions[${index}].deprecationWarning`,
        version.deprecationWarning,
        'can only be set for deprecated versions',
      ),
    );
  }
  const { schema } = version;
  if (schema === undefined) {
    errors.push(required(`spec.versions[${index}].schema.openAPIV3Schema`));
  } else {
    errors.push(...schemaErrors(schema, `${view.pathOf(index, 'schema')}.openAPIV3Schema`));
  }
  return [
    ...errors,
    ...subresourceErrors(version.subresources, view.pathOf(index, 'subresources')),
    ...columnErrors(version.printerColumns, view.pathOf(index, 'additionalPrinterColumns')),
    ...selectableFieldErrors(
      version.selectableFields,
      schema,
      view.pathOf(index, 'selectableFields'),
    ),
  ];
}

function schemaErrors(schema: JsonObject, path: string): FieldError[] {
  const structural = structuralErrors({ schema, path });
  // Rules and defaults are about values of a schema that makes sense.
  if (structural.length > 0) return structural;
  const { errors } = compileRules(compileStructuralSchema(schema), path);
  return errors.length > 0 ? [...errors] : allDefaultErrors({ schema, path });
}

function groupErrors(group: string): FieldError[] {
  if (group === '') return [required('spec.group')];
  const messages = validateDnsSubdomain(group);
  if (messages.length > 0) return messages.map((message) => invalid('spec.group', group, message));
  return group.includes('.')
    ? []
    : [invalid('spec.group', group, 'should be a domain with at least one dot')];
}

function scopeErrors(scope: string): FieldError[] {
  if (scope === '') return [required('spec.scope')];
  return scope === 'Cluster' || scope === 'Namespaced'
    ? []
    : [notSupported('spec.scope', scope, ['Cluster', 'Namespaced'])];
}

function isProtectedGroup(group: string): boolean {
  return ['k8s.io', 'kubernetes.io'].some(
    (suffix) => group === suffix || group.endsWith(`.${suffix}`),
  );
}

function approvalErrors(view: DefinitionView, object: JsonObject): FieldError[] {
  const annotations: unknown = (object['metadata'] as JsonObject | undefined)?.['annotations'];
  const approval: unknown = (annotations as JsonObject | undefined)?.[APPROVAL];
  if (!isProtectedGroup(view.group) || (typeof approval === 'string' && approval !== '')) return [];
  return [
    required(
      `metadata.annotations[${APPROVAL}]`,
      `protected groups must have approval annotation "${APPROVAL}", see https://github.com/kubernetes/enhancements/pull/1111`,
    ),
  ];
}

function storedVersionErrors(view: DefinitionView): FieldError[] {
  const { storedVersions } = view;
  const names = view.versions.map(({ name }) => name);
  const errors = storedVersions.flatMap((stored, index) =>
    names.includes(stored)
      ? []
      : [
          invalid(
            `status.storedVersions[${index}]`,
            stored,
            `missing from spec.versions; ${stored} was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in ${stored} and removes ${stored} from status.storedVersions`,
          ),
        ],
  );
  if (storedVersions.length === 0) {
    errors.push(invalid('status.storedVersions', null, 'must have at least one stored version'));
    return errors;
  }
  // Of several versions marked, the server takes the last for the one.
  const storage = view.versions.findLast((version) => version.storage)?.name;
  if (storage !== undefined && !storedVersions.includes(storage)) {
    errors.push(
      invalid('status.storedVersions', storedVersions, `must have the storage version ${storage}`),
    );
  }
  return errors;
}

/** All rules for a CustomResourceDefinition, with its status; the object has its defaults. */
export function definitionErrors(object: JsonObject): FieldError[] {
  const view = new DefinitionView(object);
  const spec = object['spec'] as JsonObject | undefined;
  const metadata = object['metadata'] as JsonObject;
  const expected = `${view.names.plural}.${view.group}`;
  const errors: FieldError[] = [];
  for (const field of ['generateName', 'name'] as const) {
    const value: unknown = metadata[field];
    if (typeof value === 'string' && value !== '' && value !== expected) {
      errors.push(invalid(`metadata.${field}`, value, 'must be spec.names.plural+"."+spec.group'));
    }
  }
  errors.push(...groupErrors(view.group), ...scopeErrors(view.scope));
  if (spec?.['preserveUnknownFields'] === true) {
    errors.push(
      invalid(
        'spec.preserveUnknownFields',
        true,
        'cannot set to true, set x-kubernetes-preserve-unknown-fields to true in spec.versions[*].schema instead',
      ),
    );
  }
  const seen = new Set<string>();
  const perVersion = view.versions
    .flatMap((version, index) => versionErrors(view, version, index))
    // What all versions have in common is told once.
    .filter((error) => {
      const key = `${error.field}\n${error.message}`;
      if (seen.has(key)) return false;
      seen.add(key);
      return true;
    });
  return [
    ...errors,
    ...versionListErrors(view, Array.isArray(spec?.['versions'])),
    ...perVersion,
    ...nameErrors(view.names),
    ...conversionErrors(view.conversion),
    ...approvalErrors(view, object),
    ...storedVersionErrors(view),
  ];
}

/** What may not change: the group always; the plural, kind and scope once objects can exist. */
export function definitionUpdateErrors(object: JsonObject, old: JsonObject): FieldError[] {
  const view = new DefinitionView(object);
  const before = new DefinitionView(old);
  const immutable: [string, string, string][] = [
    ['spec.group', view.group, before.group],
    ['spec.names.plural', view.names.plural, before.names.plural],
  ];
  if (before.isTrue('Established')) {
    immutable.push(
      ['spec.scope', view.scope, before.scope],
      ['spec.names.kind', view.names.kind, before.names.kind],
    );
  }
  const changed = immutable
    .filter(([, value, previous]) => value !== previous)
    .map(([field, value]) => invalid(field, value, 'field is immutable'));
  // A changed plural or group cannot fit the name any more: that is the same mistake.
  const errors = definitionErrors(object).filter(
    ({ field }) => changed.length === 0 || field !== 'metadata.name',
  );
  return [...errors, ...changed];
}

/** Errors of a write to the status alone. */
export function definitionStatusErrors(object: JsonObject): FieldError[] {
  const conditions: unknown = (object['status'] as JsonObject | undefined)?.['conditions'];
  return Array.isArray(conditions) || conditions === undefined || conditions === null
    ? []
    : [forbidden('status.conditions', 'must be a list')];
}
