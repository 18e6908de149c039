import { Document, visit } from 'yaml';

/**
 * Documents as YAML that kubectl reads back as the same values.
 *
 * Guarantees: the same documents give the same bytes; members keep their order; texts that YAML 1.1 would read as something
 * else (`on`, `No`, `1_000`, `12:30`) are quoted; no anchors; members that are `undefined` are left out.
 *
 * @throws TypeError for what JSON cannot say: functions, symbols, numbers that are not finite.
 */
export function toYaml(documents: readonly object[]): string {
  return documents.map((document) => `---\n${writeDocument(document)}`).join('');
}

function writeDocument(document: object): string {
  // By way of JSON: what is written is what would be sent, and no two members share one object.
  const text = JSON.stringify(document, (key, value: unknown) => {
    const type = typeof value;
    if (
      type === 'function' ||
      type === 'symbol' ||
      (type === 'number' && !Number.isFinite(value))
    ) {
      throw new TypeError(`${key}: ${String(value)} cannot be written`);
    }
    return value;
  });
  const yaml = new Document(JSON.parse(text) as unknown, {
    version: '1.1',
    aliasDuplicateObjects: false,
  });
  // The yaml package leaves some texts plain that kubectl's reader takes for something else, and some characters as
  // they are that YAML forbids or takes for line ends.
  visit(yaml, {
    Scalar: (_, scalar) => {
      if (typeof scalar.value !== 'string') return;
      if (unsafe.test(scalar.value) || yaml12Octal.test(scalar.value)) scalar.type = 'QUOTE_DOUBLE';
      // kubectl's reader merges mappings at this key even when it is quoted, unless it is tagged as a text.
      if (scalar.value === '<<') scalar.tag = 'tag:yaml.org,2002:str';
    },
  });
  return yaml
    .toString({ lineWidth: 0, directives: false })
    .replaceAll(
      new RegExp(unsafe, 'g'),
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
    );
}

/** An octal number of YAML 1.2, which kubectl reads too. */
const yaml12Octal = /^[-+]?0o[0-7_]+$/;

/** Control characters but tab and line feed, line ends other than line feed, the byte order mark, non-characters. */
// eslint-disable-next-line no-control-regex -- control characters are what it looks for
const unsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/;
