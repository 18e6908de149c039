import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Document,
  type Node,
  type YAMLMap,
} from 'yaml';
import { KubeConfigError } from './kube-config-error.ts';

/** Where in which text a value stands. */
interface Source {
  /** Path of the file, or what else to call the text. */
  readonly origin: string;
  readonly lines: LineCounter;
  readonly document: Document;
}

/**
 * A mapping of a YAML document, read field by field. Texts are taken as they are written, so that a token `0123` or a
 * name `on` stays what it is; what is of the wrong type is reported with file and line.
 */
export class YamlMapping {
  readonly #source: Source;
  readonly #map: YAMLMap | undefined;
  /** Path of this mapping in the document, for messages. */
  readonly #path: string;

  private constructor(source: Source, map: YAMLMap | undefined, path: string) {
    this.#source = source;
    this.#map = map;
    this.#path = path;
  }

  /**
   * The mapping that is the whole document; an empty text is an empty one.
   *
   * @throws KubeConfigError `INVALID_YAML`, `INVALID`.
   */
  static parse(text: string, origin: string): YamlMapping {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const [error] = document.errors;
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      throw new KubeConfigError(
        'INVALID_YAML',
        `kubeconfig ${origin}:${line}:${col}: not valid YAML: ${error.message}`,
        { cause: error },
      );
    }
    const source: Source = { origin, lines, document };
    return YamlMapping.#from(source, document.contents, '');
  }

  static #from(source: Source, node: unknown, path: string): YamlMapping {
    const resolved = resolve(source, node);
    if (isEmpty(resolved)) return new YamlMapping(source, undefined, path);
    if (isMap(resolved)) return new YamlMapping(source, resolved, path);
    throw invalid(source, resolved, path, 'must be a mapping');
  }

  /** Text of a scalar; undefined when it is missing, empty or null. */
  text(key: string): string | undefined {
    const node = this.#get(key);
    if (isEmpty(node)) return undefined;
    if (!isScalar(node)) throw this.error(key, 'must be a text');
    const text = textOf(node);
    return text === '' ? undefined : text;
  }

  /** A truth value; false when it is missing. */
  flag(key: string): boolean {
    const text = this.text(key);
    if (text === undefined || /^(false|no|off|n)$/i.test(text)) return false;
    if (/^(true|yes|on|y)$/i.test(text)) return true;
    throw this.error(key, `must be true or false, not "${text}"`);
  }

  /** A nested mapping; an empty one when it is missing. */
  mapping(key: string): YamlMapping {
    return YamlMapping.#from(this.#source, this.#get(key), this.#join(key));
  }

  /** Whether the key is there with a value. */
  has(key: string): boolean {
    return !isEmpty(this.#get(key));
  }

  /** The mappings of a sequence; none when it is missing. */
  mappings(key: string): YamlMapping[] {
    return this.#items(key).map((node, index) =>
      YamlMapping.#from(this.#source, node, `${this.#join(key)}[${index}]`),
    );
  }

  /** The texts of a sequence; none when it is missing. */
  texts(key: string): string[] {
    return this.#items(key).map((node, index) => {
      if (isScalar(node)) return textOf(node);
      throw this.error(`${key}[${index}]`, 'must be a text');
    });
  }

  /** The names in this mapping. */
  keys(): string[] {
    return (this.#map?.items ?? []).map(({ key }) => (isScalar(key) ? textOf(key) : String(key)));
  }

  /** A value of any type, as plain JavaScript. */
  value(key: string): unknown {
    const node = this.#get(key);
    return node === undefined ? undefined : (node.toJS(this.#source.document) as unknown);
  }

  /** An error about one field of this mapping (or, with an empty key, about the mapping itself). */
  error(key: string, text: string): KubeConfigError {
    const name = key.replace(/\[\d+\]$/, '');
    const node = (name === '' ? undefined : this.#get(name)) ?? this.#map;
    return invalid(this.#source, node, key === '' ? this.#path : this.#join(key), text);
  }

  #items(key: string): (Node | undefined)[] {
    const node = this.#get(key);
    if (isEmpty(node)) return [];
    if (!isSeq(node)) throw this.error(key, 'must be a list');
    return node.items.map((item) => resolve(this.#source, item));
  }

  #get(key: string): Node | undefined {
    const pair = this.#map?.items.find((item) => isScalar(item.key) && textOf(item.key) === key);
    return resolve(this.#source, pair?.value);
  }

  #join(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }
}

function resolve({ document }: Source, node: unknown): Node | undefined {
  if (isAlias(node)) return node.resolve(document);
  // What a parsed document holds are nodes, though the types allow anything.
  return node === null ? undefined : (node as Node | undefined);
}

function isEmpty(node: Node | undefined): boolean {
  return (
    node === undefined ||
    (isScalar(node) && node.type === 'PLAIN' && (node.value === null || node.value === ''))
  );
}

function textOf(node: { readonly value: unknown; readonly type?: string | undefined }): string {
  // A plain scalar was read as a number or truth value if it looks like one; its source is what was written.
  if (node.type === 'PLAIN' && 'source' in node && typeof node.source === 'string') {
    return node.source;
  }
  return String(node.value);
}

function invalid(
  source: Source,
  node: Node | undefined,
  path: string,
  text: string,
): KubeConfigError {
  const offset = node?.range?.[0] ?? 0;
  const { line, col } = source.lines.linePos(offset);
  const what = path === '' ? 'the document' : path;
  return new KubeConfigError(
    'INVALID',
    `kubeconfig ${source.origin}:${line}:${col}: ${what} ${text}`,
  );
}
