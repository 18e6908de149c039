import { invalid, quote, type FieldError } from '../../field-error.ts';
import {
  formatIpAddress,
  isMappedIpv4,
  parseAddressBlock,
  parseIpAddress,
} from '../../schema/ip-address.ts';

const NO_ADDRESS = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const NO_BLOCK = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';

/** Whether a number of the dotted part begins with a zero, which some readers take for octal. */
function hasLeadingZeros(text: string): boolean {
  const dotted = text.slice(text.lastIndexOf(':') + 1);
  return dotted.includes('.') && dotted.split('.').some((part) => /^0\d/.test(part));
}

/** An address of which there is one reading; it need not be written in its canonical form. */
export function unambiguousAddress(path: string, value: string): FieldError[] {
  const bytes = parseIpAddress(value);
  if (bytes === undefined) return [invalid(path, value, NO_ADDRESS)];
  if (hasLeadingZeros(value)) return [invalid(path, value, 'must not have leading 0s')];
  return isMappedIpv4(bytes)
    ? [invalid(path, value, 'must not be an IPv4-mapped IPv6 address')]
    : [];
}

/** An address in its canonical form. */
export function canonicalAddress(path: string, value: string): FieldError[] {
  const errors = unambiguousAddress(path, value);
  const canonical = formatIpAddress(parseIpAddress(value) ?? []);
  return errors.length > 0 || canonical === value
    ? errors
    : [invalid(path, value, `must be in canonical form (${quote(canonical)})`)];
}

/** What is said of an address that is taken although it is not in its canonical form. */
export function addressWarnings(path: string, value: string): string[] {
  const bytes = parseIpAddress(value);
  if (bytes === undefined) return [];
  const canonical = formatIpAddress(bytes);
  return bytes.length === 4 || canonical === value
    ? []
    : [
        `${path}: IPv6 address ${quote(value)} should be in RFC 5952 canonical format (${quote(canonical)})`,
      ];
}

/** A block of addresses in its canonical form, named by its first address. */
export function canonicalBlock(path: string, value: string): FieldError[] {
  const block = parseAddressBlock(value);
  if (block === undefined) return [invalid(path, value, NO_BLOCK)];
  const { address, prefixBits } = block;
  if (hasLeadingZeros(value.replace(/\/.*$/, '')) || /\/0\d/.test(value)) {
    return [invalid(path, value, 'must not have leading 0s in IP or prefix length')];
  }
  if (isMappedIpv4(address)) {
    return [invalid(path, value, 'must not have an IPv4-mapped IPv6 address')];
  }
  const isBeyond = address.some((byte, index) => {
    const kept = Math.min(8, Math.max(0, prefixBits - index * 8));
    return (byte & (0xff >> kept)) !== 0;
  });
  if (isBeyond) return [invalid(path, value, 'must not have bits set beyond the prefix length')];
  const canonical = `${formatIpAddress(address)}/${prefixBits}`;
  return canonical === value
    ? []
    : [invalid(path, value, `must be in canonical form (${quote(canonical)})`)];
}

/** Addresses by what they begin with, where nothing outside of one host or link is. */
export function placeOf(
  bytes: readonly number[],
): 'unspecified' | 'loopback' | 'link' | 'multicast' | '' {
  const [first = 0, second = 0, third = 0] = bytes;
  const isOld = bytes.length === 4;
  if (bytes.every((byte) => byte === 0)) return 'unspecified';
  if (isOld ? first === 127 : bytes.slice(0, 15).every((byte) => byte === 0) && bytes[15] === 1) {
    return 'loopback';
  }
  if (isOld ? first === 169 && second === 254 : first === 0xfe && (second & 0xc0) === 0x80) {
    return 'link';
  }
  const isMulticast = isOld
    ? first === 224 && second === 0 && third === 0
    : first === 0xff && (second & 0x0f) === 2;
  return isMulticast ? 'multicast' : '';
}

/** Says what is wrong with the address of an endpoint. */
export type EndpointAddressRule = (path: string, value: string) => FieldError[];

/**
 * The rule for addresses of endpoints: they can be reached from elsewhere. Where Services themselves have loopback addresses,
 * their pods do too, and nothing is elsewhere.
 *
 * @param serviceRange addresses of Services, as a CIDR
 */
export function endpointAddressRule(serviceRange: string): EndpointAddressRule {
  const [network = ''] = serviceRange.split('/');
  const isLoopback = placeOf(parseIpAddress(network) ?? []) === 'loopback';
  return (path, value) => endpointAddress(path, value, isLoopback);
}

function endpointAddress(path: string, value: string, allowsLoopback: boolean): FieldError[] {
  const bytes = parseIpAddress(value);
  if (bytes === undefined) return [invalid(path, value, 'must be a valid IP address')];
  switch (placeOf(isMappedIpv4(bytes) ? bytes.slice(12) : bytes)) {
    case 'unspecified':
      return [invalid(path, value, `may not be unspecified (${value})`)];
    case 'loopback':
      if (allowsLoopback) return [];
      return [invalid(path, value, 'may not be in the loopback range (127.0.0.0/8, ::1/128)')];
    case 'link':
      return [
        invalid(path, value, 'may not be in the link-local range (169.254.0.0/16, fe80::/10)'),
      ];
    case 'multicast':
      return [
        invalid(
          path,
          value,
          'may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
        ),
      ];
    case '':
      return [];
  }
}
