import {
  celFunc,
  celMethod,
  CelScalar,
  isCelMap,
  type CelFunc,
  type CelValue,
} from '@bufbuild/cel';
import { parseAddressBlock, parseIpAddress, type AddressBlock } from '../schema/ip-address.ts';
import { isOpaque, opaqueText, opaqueValue } from './opaque-value.ts';

const { BOOL, DYN, INT, STRING } = CelScalar;

type Bytes = readonly number[];

function readAddress(text: string): Bytes {
  const bytes = parseIpAddress(text);
  // Leading zeros were read as octal by some: such addresses mean different things to different programs.
  if (bytes === undefined || /(?:^|\.)0\d/.test(text)) {
    throw new Error(`IP Address ${JSON.stringify(text)} parse error during conversion from string`);
  }
  return bytes;
}

function readBlock(text: string): AddressBlock {
  const block = parseAddressBlock(text);
  if (block === undefined) {
    throw new Error(`network address parse error during conversion from string: ${text}`);
  }
  return block;
}

function formatAddress(bytes: Bytes): string {
  if (bytes.length === 4) return bytes.join('.');
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[index * 2] ?? 0) << 8) | (bytes[index * 2 + 1] ?? 0)).toString(16),
  );
  const text = groups.join(':');
  // The longest run of zeros is left out.
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  return longest === ''
    ? text
    : text
        .replace(longest, ':')
        .replace(/^:(?!:)/, '::')
        .replace(/([^:]):$/, '$1::');
}

function contains(block: AddressBlock, address: Bytes): boolean {
  if (address.length !== block.address.length) return false;
  for (let bit = 0; bit < block.prefixBits; bit += 1) {
    const mask = 0x80 >> (bit & 7);
    const byte = bit >> 3;
    if (((address[byte] ?? 0) & mask) !== ((block.address[byte] ?? 0) & mask)) return false;
  }
  return true;
}

function masked({ address, prefixBits }: AddressBlock): Bytes {
  return address.map((byte, index) => {
    const bits = Math.max(0, Math.min(8, prefixBits - index * 8));
    return byte & (0xff << (8 - bits)) & 0xff;
  });
}

function addressOf(value: CelValue): Bytes {
  return readAddress(typeof value === 'string' ? value : opaqueText('ip', value));
}

function blockOf(value: CelValue): AddressBlock {
  return readBlock(typeof value === 'string' ? value : opaqueText('cidr', value));
}

function isInside(block: string, address: Bytes): boolean {
  return contains(readBlock(block), address);
}

function isKnown(read: (text: string) => unknown, text: string): boolean {
  try {
    read(text);
    return true;
  } catch {
    return false;
  }
}

function property(name: string, test: (address: Bytes) => boolean): CelFunc {
  return celMethod(name, DYN, [], BOOL, function () {
    return test(addressOf(this));
  });
}

/** `ip()` and `cidr()`, and what can be asked of them. */
export function addressFunctions(): CelFunc[] {
  return [
    celFunc('ip', [STRING], DYN, (text) => opaqueValue('ip', formatAddress(readAddress(text)))),
    celFunc('isIP', [STRING], BOOL, (text) => isKnown(readAddress, text)),
    celFunc('cidr', [STRING], DYN, (text) => {
      readBlock(text);
      return opaqueValue('cidr', text);
    }),
    celFunc('isCIDR', [STRING], BOOL, (text) => isKnown(readBlock, text)),
    celFunc('string', [DYN], STRING, (value) => {
      if (isCelMap(value) && isOpaque('ip', value)) return opaqueText('ip', value);
      return opaqueText('cidr', value);
    }),
    celMethod('family', DYN, [], INT, function () {
      return addressOf(this).length === 4 ? 4n : 6n;
    }),
    property('isUnspecified', (address) => address.every((byte) => byte === 0)),
    property('isLoopback', (address) =>
      isInside(address.length === 4 ? '127.0.0.0/8' : '::1/128', address),
    ),
    property('isLinkLocalMulticast', (address) =>
      isInside(address.length === 4 ? '224.0.0.0/24' : 'ff02::/16', address),
    ),
    property('isLinkLocalUnicast', (address) =>
      isInside(address.length === 4 ? '169.254.0.0/16' : 'fe80::/10', address),
    ),
    property('isGlobalUnicast', (address) => {
      const special =
        address.length === 4
          ? ['0.0.0.0/32', '127.0.0.0/8', '224.0.0.0/4', '169.254.0.0/16', '255.255.255.255/32']
          : ['::/128', '::1/128', 'ff00::/8', 'fe80::/10'];
      return !special.some((block) => isInside(block, address));
    }),
    celMethod('containsIP', DYN, [DYN], BOOL, function (address) {
      return contains(blockOf(this), addressOf(address));
    }),
    celMethod('containsCIDR', DYN, [DYN], BOOL, function (other) {
      const inner = blockOf(other);
      const outer = blockOf(this);
      return inner.prefixBits >= outer.prefixBits && contains(outer, inner.address);
    }),
    celMethod('ip', DYN, [], DYN, function () {
      return opaqueValue('ip', formatAddress(blockOf(this).address));
    }),
    celMethod('masked', DYN, [], DYN, function () {
      const block = blockOf(this);
      return opaqueValue('cidr', `${formatAddress(masked(block))}/${block.prefixBits}`);
    }),
    celMethod('prefixLength', DYN, [], INT, function () {
      return BigInt(blockOf(this).prefixBits);
    }),
  ];
}
