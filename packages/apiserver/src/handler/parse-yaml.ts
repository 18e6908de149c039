import {
  isAlias,
  isCollection,
  isScalar,
  parseDocument,
  visit,
  type Document,
  type Node,
  type Scalar,
  type ScalarTag,
  type Tags,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';

/**
 * Parses one YAML document to what its JSON would be (JSON is YAML too), as the real server's reader does: YAML 1.1, with
 * the octal numbers of 1.2 and without its dates and numbers of base 60.
 *
 * @throws SyntaxError for what is no YAML or cannot be JSON, worded like the real server's where they find the same.
 */
export function parseYaml(text: string): unknown {
  const document = parseDocument(text, {
    version: '1.1',
    uniqueKeys: false,
    customTags: serverTags,
    logLevel: 'silent',
  });
  const problem = document.errors[0];
  if (problem !== undefined) {
    const line = problem.linePos?.[0].line ?? 1;
    throw new SyntaxError(`yaml: line ${line}: ${wording(problem.code)}`, { cause: problem });
  }
  const { explicit, version } = document.directives.yaml;
  if (explicit === true && version !== '1.1') {
    throw new SyntaxError('yaml: found incompatible YAML document');
  }
  prepareForJson(document);
  let json: string;
  try {
    // Aliases are counted, so a small text cannot unfold into a huge one.
    json = JSON.stringify(document.toJS({ maxAliasCount: 100 }) ?? null);
  } catch (error) {
    throw new SyntaxError(`yaml: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
  return JSON.parse(json) as unknown;
}

/** An error code of the parser in the words of the real server's, where they are the same thing. */
function wording(code: string): string {
  switch (code) {
    case 'TAB_AS_INDENT':
      return 'found character that cannot start any token';
    case 'DUPLICATE_KEY':
      return 'mapping key already defined';
    default:
      return 'did not find expected node content';
  }
}

/**
 * Makes keys texts.
 *
 * @throws SyntaxError for numbers that are not finite, keys that cannot be texts, and aliases that lead nowhere or into
 * themselves.
 */
function prepareForJson(document: Document): void {
  const anchors = new Map<string, Node>();
  const note = (node: Scalar | YAMLMap | YAMLSeq): void => {
    if (node.anchor !== undefined) anchors.set(node.anchor, node);
  };
  visit(document, {
    Collection: (_, node) => note(node),
    Scalar: (key, node) => {
      note(node);
      if (typeof node.value !== 'number' || Number.isFinite(node.value)) return;
      const { asKey, inError } = namesOfNotFinite(node.value);
      if (key !== 'key') throw new SyntaxError(`json: unsupported value: ${inError}`);
      node.value = asKey;
    },
    Alias: (_, { source }, path) => {
      const target = anchors.get(source);
      if (target === undefined) {
        throw new SyntaxError(`yaml: unknown anchor '${source}' referenced`);
      }
      if (path.includes(target)) {
        throw new SyntaxError(`yaml: anchor '${source}' value contains itself`);
      }
    },
    Pair: (_, pair) => {
      const key = isAlias(pair.key) ? anchors.get(pair.key.source) : pair.key;
      if (isCollection(key)) throw new SyntaxError('yaml: invalid map key');
      if (key === null || (isScalar(key) && key.value === null)) {
        throw new SyntaxError('unsupported map key of type: %!s(<nil>), key: <nil>');
      }
    },
  });
}

function namesOfNotFinite(value: number): { readonly asKey: string; readonly inError: string } {
  if (Number.isNaN(value)) return { asKey: '.nan', inError: 'NaN' };
  return value > 0 ? { asKey: '.inf', inError: '+Inf' } : { asKey: '-.inf', inError: '-Inf' };
}

/** Names of types of YAML 1.1, without what stands before each. */
const standardTag = (name: string): string => `tag:yaml.org,2002:${name}`;

/** Types of YAML 1.1 that the real server does not know or reads otherwise: dates, sets, ordered maps, numbers, bytes. */
const replaced = new Set(
  ['timestamp', 'set', 'omap', 'pairs', 'int', 'float', 'binary'].map(standardTag),
);

/** Bytes in base 64 stand for the text that they are. */
const binaryTag: ScalarTag = {
  tag: standardTag('binary'),
  resolve: (text) => Buffer.from(text, 'base64').toString('utf8'),
};

/** What looks like a number and is none stays a text. */
const numberTag = (name: string): ScalarTag => ({
  tag: standardTag(name),
  default: true,
  test: /^[-+]?[.0-9]/,
  resolve: (text) => readNumber(text.replaceAll('_', '')) ?? text,
});

const numberTags: Tags = [binaryTag, numberTag('int'), numberTag('float')];

function serverTags(tags: Tags): Tags {
  return tags.filter((tag) => typeof tag === 'string' || !replaced.has(tag.tag)).concat(numberTags);
}

/** A number as Go writes it in its sources, or as YAML writes floats; none for other texts. */
function readNumber(text: string): number | undefined {
  if (/^[-+]?\.(inf|Inf|INF)$/.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^\.(nan|NaN|NAN)$/.test(text)) return NaN;
  const sign = text.startsWith('-') ? -1 : 1;
  const digits = text.replace(/^[-+]/, '');
  if (/^0([xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)$/.test(digits)) return sign * Number(digits);
  if (/^0[0-7]+$/.test(digits)) return sign * Number.parseInt(digits, 8);
  if (!/^(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/.test(digits)) return undefined;
  const value = sign * Number(digits);
  return Number.isFinite(value) ? value : undefined;
}
