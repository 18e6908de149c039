/**
 * Writes `src/protobuf/wire-messages.json`: the numbers and names of the fields of the built-in kinds in their
 * protobuf encoding, read from the tags of the published Go types. Only types that the served kinds reach are kept.
 *
 *   node packages/apiserver/scripts/generate-wire-messages.ts <folder of the k8s.io modules> <version>
 *
 * such as `$(go env GOMODCACHE)/k8s.io v0.36.3`. Each message lists `<number> <json name> <type>`; a type is
 * `s`, `b`, `i`, `f`, `y` (string, bool, whole number, float, bytes) or the name of a message, behind
 * `?` (zero is left out of the JSON), `>` (fields stand in the message around it), `[]` (list) or `{}` (map of).
 */
import { readFile, writeFile } from 'node:fs/promises';
import { argv, exit, stderr } from 'node:process';
import document from '@kubewright/apimachinery/openapi/builtin.json' with { type: 'json' };

interface GoType {
  readonly kind: 'struct' | 'alias' | 'list';
  /** Lines of a struct, or the one type that an alias stands for. */
  readonly body: readonly string[];
  readonly imports: ReadonlyMap<string, string>;
}

const SCALARS: Readonly<Record<string, string>> = {
  string: 's',
  bool: 'b',
  int: 'i',
  int32: 'i',
  int64: 'i',
  uint8: 'i',
  uint32: 'i',
  uint64: 'i',
  float64: 'f',
  '[]byte': 'y',
};

/** Types with an encoding of their own; the decoder knows them by name. */
const SPECIAL = new Set([
  'meta/v1.Time',
  'meta/v1.MicroTime',
  'meta/v1.FieldsV1',
  'resource.Quantity',
  'intstr.IntOrString',
  'runtime.RawExtension',
  'apiextensions/v1.JSON',
  'apiextensions/v1.JSONSchemaPropsOrArray',
  'apiextensions/v1.JSONSchemaPropsOrBool',
  'apiextensions/v1.JSONSchemaPropsOrStringArray',
]);

const FILES: Readonly<Record<string, readonly string[]>> = {
  'apiextensions/v1': ['types.go', 'types_jsonschema.go'],
  'meta/v1': ['types.go'],
};

const [modules, version] = argv.slice(2);
if (modules === undefined || version === undefined) {
  stderr.write('usage: generate-wire-messages.ts <folder of the k8s.io modules> <version>\n');
  exit(2);
}

function folderOf(goPackage: string): string {
  const at = (name: string) => `${modules}/${name}@${version}`;
  if (goPackage === 'meta/v1') return `${at('apimachinery')}/pkg/apis/meta/v1`;
  if (goPackage === 'apiextensions/v1') {
    return `${at('apiextensions-apiserver')}/pkg/apis/apiextensions/v1`;
  }
  if (goPackage === 'apiregistration/v1') {
    return `${at('kube-aggregator')}/pkg/apis/apiregistration/v1`;
  }
  return `${at('api')}/${goPackage}`;
}

/** Import path → the short name used in the table. */
function shortName(path: string): string {
  return path
    .replace(/^k8s\.io\/(api|apimachinery\/pkg\/apis|kube-aggregator\/pkg\/apis)\//, '')
    .replace(/^k8s\.io\/apiextensions-apiserver\/pkg\/apis\//, '')
    .replace(/^k8s\.io\/apimachinery\/pkg\/(api|util)?\/?/, '');
}

function parseImports(source: string): ReadonlyMap<string, string> {
  const imports = new Map<string, string>();
  for (const [, alias, path = ''] of source.matchAll(/^(?:import)?\s+(\w+)?\s*"([\w./-]+)"$/gm)) {
    const parts = path.split('/');
    imports.set(alias ?? parts.at(-1) ?? '', shortName(path));
  }
  return imports;
}

const packages = new Map<string, ReadonlyMap<string, GoType>>();

async function loadPackage(goPackage: string): Promise<ReadonlyMap<string, GoType>> {
  const known = packages.get(goPackage);
  if (known !== undefined) return known;
  const types = new Map<string, GoType>();
  for (const file of FILES[goPackage] ?? ['types.go']) {
    const source = await readFile(`${folderOf(goPackage)}/${file}`, 'utf8');
    const imports = parseImports(source);
    for (const [, name = '', body = ''] of source.matchAll(
      /^type (\w+) struct ?(?:\{\}$|\{\n(.*?)^\})/gms,
    )) {
      types.set(name, { kind: 'struct', body: body.split('\n'), imports });
    }
    // A list with a name of its own that may be null is a message around its items.
    for (const [, comment = '', name = '', target = ''] of source.matchAll(
      /((?:^\/\/.*\n)*)(?:^\n)?^type (\w+) (?!struct|interface)(.+)$/gm,
    )) {
      const isMessage = target === '[]string' && comment.includes('+protobuf.nullable');
      types.set(name, { kind: isMessage ? 'list' : 'alias', body: [target], imports });
    }
  }
  packages.set(goPackage, types);
  return types;
}

const messages = new Map<string, readonly string[]>();

/** The type as the table writes it; messages on the way are added to the table. */
async function typeText(
  goType: string,
  goPackage: string,
  imports: ReadonlyMap<string, string>,
): Promise<string> {
  const plain = goType.replace(/^\*/, '');
  const scalar = SCALARS[plain];
  if (scalar !== undefined) return scalar;
  if (plain.startsWith('[]')) return `[]${await typeText(plain.slice(2), goPackage, imports)}`;
  const map = /^map\[[\w.]+\](.+)$/.exec(plain);
  if (map?.[1] !== undefined) return `{}${await typeText(map[1], goPackage, imports)}`;
  const [first = '', second] = plain.split('.');
  const owner = second === undefined ? goPackage : (imports.get(first) ?? first);
  const name = second ?? first;
  const full = `${owner}.${name}`;
  if (SPECIAL.has(full)) {
    await addSpecial(full);
    return full;
  }
  // What stands outside the API packages is a string with another name (UID, URIScheme …).
  if (!/\/v\d/.test(owner)) return 's';
  const found = (await loadPackage(owner)).get(name);
  if (found === undefined) {
    // A string type that other files of the package declare.
    return 's';
  }
  if (found.kind === 'alias') return typeText(found.body[0] ?? '', owner, found.imports);
  await addMessage(owner, name, found);
  return full;
}

async function addSpecial(full: string): Promise<void> {
  if (full.startsWith('apiextensions/v1.JSONSchemaProps')) {
    await typeText('JSONSchemaProps', 'apiextensions/v1', new Map());
  }
}

async function addMessage(goPackage: string, name: string, type: GoType): Promise<void> {
  const full = `${goPackage}.${name}`;
  if (messages.has(full)) return;
  if (type.kind === 'list') {
    messages.set(full, ['1 items []s']);
    return;
  }
  const fields: string[] = [];
  messages.set(full, fields);
  for (const line of type.body) {
    const match = /^\t(?:(\w+)\s+)?(\S+)\s+`([^`]*)`/.exec(line);
    if (match === null) continue;
    const [, , goType = '', tags = ''] = match;
    const json = /json:"([^"]*)"/.exec(tags)?.[1] ?? '';
    const number = /protobuf:"\w+,(\d+)/.exec(tags)?.[1];
    if (number === undefined || json === '-') continue;
    const [jsonName = '', ...options] = json.split(',');
    const text = await typeText(goType, goPackage, type.imports);
    const isInline = options.includes('inline');
    const dropsZero = options.includes('omitempty') && !goType.startsWith('*');
    const isScalar = /^[sbify]$/.test(text);
    const prefix = isInline ? '>' : dropsZero && isScalar ? '?' : '';
    fields.push(`${number} ${isInline ? '-' : jsonName} ${prefix}${text}`);
  }
}

/** Group and version → Go package: `apps/v1`, `core/v1`, `networking/v1`. */
function packageOf(group: string, apiVersion: string): string {
  return `${group === '' ? 'core' : (group.split('.')[0] ?? '')}/${apiVersion}`;
}

const kinds: Record<string, string> = {};

async function addKind(apiVersion: string, kind: string, goPackage: string): Promise<void> {
  const type = (await loadPackage(goPackage)).get(kind);
  if (type === undefined) throw new Error(`no Go type ${goPackage}.${kind}`);
  await addMessage(goPackage, kind, type);
  kinds[`${apiVersion}/${kind}`] = `${goPackage}.${kind}`;
}

for (const { group, version: groupVersion, kind } of document.resources) {
  const apiVersion = group === '' ? groupVersion : `${group}/${groupVersion}`;
  await addKind(apiVersion, kind, packageOf(group, groupVersion));
}
// Bodies that are no resources of their own.
await addKind('v1', 'Binding', 'core/v1');
await addKind('v1', 'DeleteOptions', 'meta/v1');
await addKind('autoscaling/v1', 'Scale', 'autoscaling/v1');
await addKind('policy/v1', 'Eviction', 'policy/v1');
for (const kind of ['TokenRequest', 'TokenReview', 'SelfSubjectReview']) {
  await addKind('authentication.k8s.io/v1', kind, 'authentication/v1');
}
for (const kind of [
  'LocalSubjectAccessReview',
  'SelfSubjectAccessReview',
  'SelfSubjectRulesReview',
  'SubjectAccessReview',
]) {
  await addKind('authorization.k8s.io/v1', kind, 'authorization/v1');
}

const sorted = <T>(entries: Iterable<readonly [string, T]>) =>
  Object.fromEntries([...entries].sort(([one], [other]) => (one < other ? -1 : 1)));
const target = new URL('../src/protobuf/wire-messages.json', import.meta.url);
await writeFile(
  target,
  `${JSON.stringify({ kinds: sorted(Object.entries(kinds)), messages: sorted(messages) }, null, 1)}\n`,
);
