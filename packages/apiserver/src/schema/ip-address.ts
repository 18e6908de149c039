/** The bytes of an IPv4 (4) or IPv6 (16) address; undefined when the text is neither. Leading zeros are accepted, zones are not. */
export function parseIpAddress(text: string): readonly number[] | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): number[] | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  const bytes = parts.map((part) => (/^[0-9]{1,}$/.test(part) ? Number(part) : 256));
  return bytes.every((byte) => byte <= 255) ? bytes : undefined;
}

function parseGroups(text: string): number[] | undefined {
  if (text === '') return [];
  const bytes: number[] = [];
  const groups = text.split(':');
  for (const [index, group] of groups.entries()) {
    if (group.includes('.')) {
      const tail = index === groups.length - 1 ? parseIpv4(group) : undefined;
      if (tail === undefined) return undefined;
      bytes.push(...tail);
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(group)) return undefined;
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
    }
  }
  return bytes;
}

function parseIpv6(text: string): number[] | undefined {
  const halves = text.split('::');
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? '');
  if (head === undefined) return undefined;
  const rest = halves[1];
  if (rest === undefined) return head.length === 16 ? head : undefined;
  const tail = parseGroups(rest);
  // `::` stands for at least one group of zeros.
  if (tail === undefined || head.length + tail.length > 14) return undefined;
  return [...head, ...new Array<number>(16 - head.length - tail.length).fill(0), ...tail];
}

/** An address block such as `10.0.0.0/8`: the address as given and the length of its prefix in bits. */
export interface AddressBlock {
  readonly address: readonly number[];
  readonly prefixBits: number;
}

/** Parses CIDR notation; undefined when the text is no address block. */
export function parseAddressBlock(text: string): AddressBlock | undefined {
  const match = /^([^/]+)\/([0-9]{1,3})$/.exec(text);
  const address = parseIpAddress(match?.[1] ?? '');
  const prefixBits = Number(match?.[2]);
  if (address === undefined || !(prefixBits <= address.length * 8)) return undefined;
  return { address, prefixBits };
}

const MAPPED = [...new Array<number>(10).fill(0), 0xff, 0xff];

/** Whether an address is an IPv4 one in the form of IPv6: `::ffff:10.0.0.1`. */
export function isMappedIpv4(bytes: readonly number[]): boolean {
  return bytes.length === 16 && MAPPED.every((byte, index) => bytes[index] === byte);
}

/** The longest run of zeros, the first of the longest, that is written as `::`; a single one is not. */
function longestZeros(groups: readonly number[]): {
  readonly start: number;
  readonly length: number;
} {
  let longest = { start: 0, length: 1 };
  for (let start = 0; start < groups.length; start += 1) {
    let length = 0;
    while (groups[start + length] === 0) length += 1;
    if (length > longest.length) longest = { start, length };
  }
  return longest;
}

/** The canonical text of an address (RFC 5952); a mapped IPv4 address is written as the IPv4 one that it is. */
export function formatIpAddress(bytes: readonly number[]): string {
  if (bytes.length === 4) return bytes.join('.');
  if (isMappedIpv4(bytes)) return bytes.slice(12).join('.');
  const groups = Array.from(
    { length: 8 },
    (_, index) => (bytes[2 * index] ?? 0) * 256 + (bytes[2 * index + 1] ?? 0),
  );
  const texts = groups.map((group) => group.toString(16));
  const { start, length } = longestZeros(groups);
  if (length < 2) return texts.join(':');
  return `${texts.slice(0, start).join(':')}::${texts.slice(start + length).join(':')}`;
}
