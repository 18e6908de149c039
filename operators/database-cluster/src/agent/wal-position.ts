/**
 * Reads a position in the write-ahead log, such as `0/16B3748`, as a number of bytes.
 *
 * @throws TypeError when it is none.
 */
export function parsePosition(text: string): bigint {
  const match = /^([0-9A-F]{1,8})\/([0-9A-F]{1,8})$/i.exec(text);
  if (match === null) throw new TypeError(`"${text}" is no position in the write-ahead log`);
  return (BigInt(`0x${match[1] ?? '0'}`) << 32n) + BigInt(`0x${match[2] ?? '0'}`);
}

/** A position as PostgreSQL writes it. */
export function formatPosition(position: bigint): string {
  const [high, low] = [position >> 32n, position & 0xffff_ffffn];
  return `${high.toString(16).toUpperCase()}/${low.toString(16).toUpperCase()}`;
}
