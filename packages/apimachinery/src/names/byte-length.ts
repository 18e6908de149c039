const encoder = new TextEncoder();

/** Length in bytes of UTF-8, which is what the API server's limits count. */
export function byteLength(text: string): number {
  return encoder.encode(text).length;
}
