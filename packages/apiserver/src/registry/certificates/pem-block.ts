/** One block of a PEM text. */
export interface PemBlock {
  /** What stands after `BEGIN`: `CERTIFICATE`. */
  readonly type: string;
  /** Whether there are lines such as `Proc-Type: 4,ENCRYPTED` before the data. */
  readonly hasHeaders: boolean;
  readonly bytes: Buffer;
}

const BEGIN = /^-----BEGIN (.*)-----\s*$/;
const END = /^-----END (.*)-----\s*$/;
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;

function readBlock(type: string, lines: readonly string[]): PemBlock | undefined {
  const first = lines.findIndex((line) => !line.includes(':'));
  const data = lines.slice(first === -1 ? lines.length : first).join('');
  const text = data.replace(/\s/g, '');
  return BASE64.test(text)
    ? { type, hasHeaders: first !== 0 && lines.length > 0, bytes: Buffer.from(text, 'base64') }
    : undefined;
}

/**
 * The blocks of a PEM text; what stands around them is left out, as is a block that is none. Looks at each line once,
 * whatever the text.
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  let open: { readonly type: string; readonly lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const begun = BEGIN.exec(line)?.[1];
    if (begun !== undefined) {
      open = { type: begun, lines: [] };
      continue;
    }
    const ended = END.exec(line)?.[1];
    if (ended === undefined) {
      open?.lines.push(line);
      continue;
    }
    const block = open?.type === ended ? readBlock(ended, open.lines) : undefined;
    if (block !== undefined) blocks.push(block);
    open = undefined;
  }
  return blocks;
}
