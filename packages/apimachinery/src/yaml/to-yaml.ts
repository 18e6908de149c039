import { Document, visit } from 'yaml';

/** How {@link writeYaml} writes. */
export interface YamlOptions {
  /** Members in the order of their names, as the API server writes them. Default: in their own order. */
  readonly sortMembers?: boolean;
}

/**
 * Documents as YAML that kubectl reads back as the same values, each after a line `---`; see {@link writeYaml}.
 *
 * @throws TypeError for what JSON cannot say: functions, symbols, numbers that are not finite.
 */
export function toYaml(documents: readonly object[]): string {
  return documents.map((document) => `---\n${writeYaml(document)}`).join('');
}

/**
 * One value as YAML that kubectl reads back as the same value.
 *
 * Guarantees: the same value gives the same bytes; texts that YAML 1.1 would read as something else (`on`, `No`, `1_000`,
 * `12:30`) are quoted; no anchors; members that are `undefined` are left out.
 *
 * @throws TypeError for what JSON cannot say: functions, symbols, numbers that are not finite.
 */
export function writeYaml(value: unknown, { sortMembers = false }: YamlOptions = {}): string {
  // By way of JSON: what is written is what would be sent, and no two members share one object.
  const json = JSON.stringify(value, (key, member: unknown) => {
    const type = typeof member;
    if (
      type === 'function' ||
      type === 'symbol' ||
      (type === 'number' && !Number.isFinite(member))
    ) {
      throw new TypeError(`${key}: ${String(member)} cannot be written`);
    }
    return member;
  });
  const yaml = new Document(JSON.parse(json) as unknown, {
    version: '1.1',
    aliasDuplicateObjects: false,
    sortMapEntries: sortMembers,
  });
  // The yaml package leaves some texts plain that kubectl's reader takes for something else, and some characters as
  // they are that YAML forbids or takes for line ends.
  visit(yaml, {
    Scalar: (_, scalar) => {
      const text = scalar.value;
      if (typeof text !== 'string') return;
      if ([unsafe, yaml12Octal, indented].some((pattern) => pattern.test(text))) {
        scalar.type = 'QUOTE_DOUBLE';
      }
      // kubectl's reader merges mappings at this key even when it is quoted, unless it is tagged as a text.
      if (text === '<<') scalar.tag = 'tag:yaml.org,2002:str';
    },
  });
  return yaml
    .toString({ lineWidth: 0, directives: false })
    .replaceAll(
      eachUnsafe,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

/** An octal number of YAML 1.2, which kubectl reads too. */
const yaml12Octal = /^[-+]?0o[0-7_]+$/;

/** White space at the start: as a block, its first line does not tell the indentation, and readers differ. */
const indented = /^\s/;

/** Control characters but tab and line feed, line ends other than line feed, the byte order mark, non-characters. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
const eachUnsafe = new RegExp(unsafe, 'g');
