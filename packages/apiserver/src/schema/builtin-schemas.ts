import type { BuiltinSchemas, DecodeResult, JsonObject, ObjectSchema } from '../contracts.ts';
import { badRequest } from '../status.ts';
import { BUILTIN_DOCUMENT } from './builtin-document.ts';
import { BuiltinNode } from './builtin-node.ts';
import { decodeBuiltin } from './decode-builtin.ts';
import { DecodeError } from './decode-scalar.ts';
import { omitEmptyMetadata } from './object-metadata.ts';

class BuiltinSchema implements ObjectSchema {
  readonly root: BuiltinNode;
  readonly #version: string;
  readonly #kind: string;

  constructor(root: BuiltinNode, version: string, kind: string) {
    this.root = root;
    this.#version = version;
    this.#kind = kind;
  }

  decode(object: JsonObject): DecodeResult {
    try {
      const { unknownPaths } = decodeBuiltin(this.root, object);
      omitEmptyMetadata(object);
      return { unknownFields: unknownPaths.map((path) => `unknown field ${JSON.stringify(path)}`) };
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw badRequest(
        `${this.#kind} in version ${JSON.stringify(this.#version)} cannot be handled as a ${this.#kind}: ${error.message}`,
      );
    }
  }

  // The defaults and rules of built-in kinds are code, not schema: they are in the strategies.
  applyDefaults(): void {
    return;
  }

  validate(): readonly [] {
    return [];
  }

  validateStatus(): readonly [] {
    return [];
  }
}

function definitionNames(): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const [name, definition] of Object.entries(BUILTIN_DOCUMENT.definitions)) {
    for (const { group, version, kind } of definition['x-kubernetes-group-version-kind'] ?? []) {
      names.set(`${group}/${version}/${kind}`, name);
    }
  }
  return names;
}

/** The schemas of the built-in kinds, made when first asked for and kept. */
export function createBuiltinSchemas(): BuiltinSchemas {
  const names = definitionNames();
  const schemas = new Map<string, ObjectSchema>();
  return {
    schemaOf(group, version, kind) {
      const key = `${group}/${version}/${kind}`;
      const known = schemas.get(key);
      if (known !== undefined) return known;
      const name = names.get(key);
      if (name === undefined) {
        throw new TypeError(`the OpenAPI document has no kind ${kind} in ${group}/${version}`);
      }
      const schema = new BuiltinSchema(BuiltinNode.named(name), version, kind);
      schemas.set(key, schema);
      return schema;
    },
  };
}
