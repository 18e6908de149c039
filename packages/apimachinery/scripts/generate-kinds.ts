/**
 * Writes the types and resource tokens of the built-in kinds, and the schemas the embedded API server
 * publishes, from the OpenAPI v2 document of a real API server (`kubectl get --raw /openapi/v2`).
 * Field names, types and list topology are taken over; prose is not.
 *
 *   node packages/apimachinery/scripts/generate-kinds.ts openapi-v2.json
 */
import { mkdir, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { argv, exit, stderr } from 'node:process';
import { fileURLToPath } from 'node:url';

interface Schema {
  description?: string;
  type?: string;
  format?: string;
  $ref?: string;
  items?: Schema;
  properties?: Record<string, Schema>;
  additionalProperties?: Schema;
  required?: string[];
  enum?: string[];
  [extension: `x-${string}`]: unknown;
}
interface GroupVersionKind {
  group: string;
  version: string;
  kind: string;
}
interface Operation {
  'x-kubernetes-action'?: string;
  'x-kubernetes-group-version-kind'?: GroupVersionKind;
}
interface Document {
  info: { version: string };
  definitions: Record<string, Schema>;
  paths: Record<string, Record<string, Operation>>;
}

const [source] = argv.slice(2);
if (source === undefined) {
  stderr.write('usage: generate-kinds.ts OPENAPI_V2_FILE\n');
  exit(2);
}
// The document is an API server's own; its shape is the OpenAPI v2 of Kubernetes.
const document = JSON.parse(await readFile(source, 'utf8')) as Document;
const kindsFolder = fileURLToPath(new URL('../src/kinds/', import.meta.url));
const schemaFile = fileURLToPath(new URL('../openapi/builtin.json', import.meta.url));

const moduleOf = (definition: string): string => {
  const parts = definition.split('.');
  const version = parts.at(-2) ?? '';
  if (definition.startsWith('io.k8s.apimachinery.pkg.apis.meta.')) return `meta-${version}`;
  if (
    /^io\.k8s\.apimachinery\.pkg\.(api\.resource|util\.intstr|runtime|version)\./.test(definition)
  )
    return 'meta-v1';
  return `${parts.at(-3) ?? ''}-${version}`;
};
const nameOf = (definition: string): string => definition.split('.').at(-1) ?? definition;

/** Definitions that JSON shows as something other than an object. */
const scalars: Record<string, string> = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'string | number',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'string | number',
  'io.k8s.apimachinery.pkg.apis.meta.v1.Time': 'string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime': 'string',
};

const modules = new Map<string, { definition: string; name: string; schema: Schema }[]>();
for (const [definition, schema] of Object.entries(document.definitions).sort(([a], [b]) =>
  a < b ? -1 : 1,
)) {
  const module = moduleOf(definition);
  let list = modules.get(module);
  if (list === undefined) modules.set(module, (list = []));
  list.push({ definition, name: nameOf(definition), schema });
}

interface Token extends GroupVersionKind {
  plural: string;
  scope: 'Namespaced' | 'Cluster';
}
const tokens = new Map<string, Token>();
for (const [path, operations] of Object.entries(document.paths)) {
  const match = /^\/(?:api|apis\/[^/]+)\/[^/]+\/(namespaces\/\{namespace\}\/)?([a-z]+)$/.exec(path);
  const post = operations['post'];
  const gvk = post?.['x-kubernetes-group-version-kind'];
  if (match?.[2] === undefined || gvk === undefined || post?.['x-kubernetes-action'] !== 'post')
    continue;
  tokens.set(`${gvk.group}/${gvk.version}/${gvk.kind}`, {
    ...gvk,
    plural: match[2],
    scope: match[1] === undefined ? 'Cluster' : 'Namespaced',
  });
}
const tokenOf = (schema: Schema): Token | undefined => {
  const gvks = schema['x-kubernetes-group-version-kind'] as GroupVersionKind[] | undefined;
  if (gvks?.length !== 1 || gvks[0] === undefined) return undefined;
  return tokens.get(`${gvks[0].group}/${gvks[0].version}/${gvks[0].kind}`);
};

const typeOf = (schema: Schema, module: string, imports: Map<string, Set<string>>): string => {
  if (schema.$ref !== undefined) {
    const target = schema.$ref.replace('#/definitions/', '');
    const other = moduleOf(target);
    if (other !== module) {
      let names = imports.get(other);
      if (names === undefined) imports.set(other, (names = new Set()));
      names.add(nameOf(target));
      return other === 'meta-v1' || !modules.get(module)?.some((d) => d.name === nameOf(target))
        ? nameOf(target)
        : `${nameOf(target)}_`;
    }
    return nameOf(target);
  }
  switch (schema.type) {
    case 'array': {
      const item = typeOf(schema.items ?? {}, module, imports);
      return /[ |]/.test(item) ? `(${item})[]` : `${item}[]`;
    }
    case 'integer':
    case 'number':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'string':
      // Servers add values over the years: the known ones are offered, others accepted.
      return schema.enum === undefined
        ? 'string'
        : `${schema.enum.map((v) => `'${v}'`).join(' | ')} | (string & {})`;
    case 'object':
      return schema.additionalProperties === undefined
        ? 'Record<string, unknown>'
        : `Record<string, ${typeOf(schema.additionalProperties, module, imports)}>`;
    default:
      return 'unknown';
  }
};

const header = `// Generated by scripts/generate-kinds.ts from the OpenAPI document of Kubernetes ${document.info.version}. Do not edit.\n`;
const quoted = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : `'${name}'`);
const files = new Map<string, string>();
const exported: { name: string; module: string; isToken: boolean }[] = [];

for (const [module, definitions] of modules) {
  const imports = new Map<string, Set<string>>();
  let body = '';
  let hasToken = false;
  for (const { definition, name, schema } of definitions) {
    const token = tokenOf(schema);
    if (scalars[definition] !== undefined) {
      body += `\nexport type ${name} = ${scalars[definition]};\n`;
    } else if (schema.properties === undefined) {
      body += `\nexport type ${name} = ${schema.type === 'object' ? 'Record<string, unknown>' : schema.type === 'string' ? 'string' : 'unknown'};\n`;
    } else {
      const isObject = token !== undefined;
      body += `\nexport interface ${name} {\n`;
      for (const [field, fieldSchema] of Object.entries(schema.properties)) {
        const isRequired =
          schema.required?.includes(field) === true || (isObject && field === 'metadata');
        const type = typeOf(fieldSchema, module, imports);
        body += `  ${quoted(field)}${isRequired ? '' : '?'}: ${type}${isRequired ? '' : ' | undefined'};\n`;
      }
      body += '}\n';
      if (isObject) {
        hasToken = true;
        body += `export const ${name}: Resource<${name}> = defineResource<${name}>({\n  group: '${token.group}',\n  version: '${token.version}',\n  kind: '${token.kind}',\n  plural: '${token.plural}',\n  scope: '${token.scope}',\n});\n`;
      }
    }
    exported.push({ name, module, isToken: token !== undefined });
  }
  let head = '';
  if (hasToken) head += `import { defineResource, type Resource } from '../resource.ts';\n`;
  for (const [other, names] of [...imports].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const list = [...names]
      .sort()
      .map((n) => (definitions.some((d) => d.name === n) ? `${n} as ${n}_` : n));
    head += `import type { ${list.join(', ')} } from './${other}.ts';\n`;
  }
  files.set(`${module}.ts`, `${header}${head}${body}`);
}

// One index: a name taken by an earlier group gets its own group as a prefix (`EventsV1Event`).
const order = ['meta-v1', 'core-v1', 'apps-v1', 'batch-v1', 'autoscaling-v2'];
const rank = (module: string): number =>
  (order.indexOf(module) + order.length + 1) % (order.length + 1);
const pascal = (module: string): string =>
  module
    .split('-')
    .map((p) => p.charAt(0).toUpperCase() + p.slice(1))
    .join('');
const taken = new Set<string>();
let index = header;
for (const module of [...modules.keys()].sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1))) {
  const list = exported
    .filter((e) => e.module === module)
    .map((e) => {
      const alias = taken.has(e.name) ? `${pascal(module)}${e.name}` : e.name;
      taken.add(alias);
      return `${e.isToken ? '' : 'type '}${e.name}${alias === e.name ? '' : ` as ${alias}`}`;
    });
  index += `export { ${list.join(', ')} } from './${module}.ts';\n`;
}
files.set('index.ts', index);

await mkdir(kindsFolder, { recursive: true });
for (const file of await readdir(kindsFolder)) await rm(`${kindsFolder}${file}`);
for (const [file, text] of files) await writeFile(`${kindsFolder}${file}`, text);

const trimmed = (schema: Schema): Schema =>
  Object.fromEntries(
    Object.entries(schema)
      .filter(([key]) => key !== 'description')
      .map(([key, value]) => {
        if (key === 'properties') {
          const properties = value as Record<string, Schema>;
          return [
            key,
            Object.fromEntries(Object.entries(properties).map(([n, s]) => [n, trimmed(s)])),
          ];
        }
        if (key === 'items' || key === 'additionalProperties')
          return [key, trimmed(value as Schema)];
        return [key, value];
      }),
  );
await mkdir(new URL('../openapi/', import.meta.url), { recursive: true });
await writeFile(
  schemaFile,
  `${JSON.stringify({
    version: document.info.version,
    resources: [...tokens.values()],
    definitions: Object.fromEntries(
      Object.entries(document.definitions).map(([n, s]) => [n, trimmed(s)]),
    ),
  })}\n`,
);
