/** An IPv4 block in CIDR notation. */
export interface AddressRange {
  /** The network address as a number. */
  readonly base: number;
  /** How many addresses it has, the first and the last included. */
  readonly size: number;
}

function toNumber(address: string): number | undefined {
  const parts = address.split('.');
  if (parts.length !== 4) return undefined;
  let value = 0;
  for (const part of parts) {
    const octet = /^(0|[1-9]\d{0,2})$/.test(part) ? Number(part) : 256;
    if (octet > 255) return undefined;
    value = value * 256 + octet;
  }
  return value;
}

/** @throws TypeError for anything but an IPv4 block of 8 to 65,536 addresses */
export function parseAddressRange(cidr: string): AddressRange {
  const [address = '', bits = ''] = cidr.split('/');
  const base = toNumber(address);
  const prefix = /^\d{1,2}$/.test(bits) ? Number(bits) : Number.NaN;
  if (base === undefined || !(prefix >= 12 && prefix <= 29)) {
    throw new TypeError(`the service address range ${cidr} is no IPv4 block between /12 and /29`);
  }
  const size = 2 ** (32 - prefix);
  return { base: base - (base % size), size };
}

/** The address at an offset of the range. */
export function addressAt(range: AddressRange, offset: number): string {
  const value = range.base + offset;
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.');
}

/** The offset of an address; undefined when it is none of the range, or one that no service can have. */
export function offsetOf(range: AddressRange, address: string): number | undefined {
  const value = toNumber(address);
  if (value === undefined) return undefined;
  const offset = value - range.base;
  return offset > 0 && offset < range.size - 1 ? offset : undefined;
}

/** Whether a text is an IPv4 address. */
export function isAddress(text: string): boolean {
  return toNumber(text) !== undefined;
}
