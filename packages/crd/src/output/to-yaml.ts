import { Document } from 'yaml';

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
  return new Document(JSON.parse(text) as unknown, {
    version: '1.1',
    aliasDuplicateObjects: false,
  }).toString({ lineWidth: 0, directives: false });
}
