/** Query parameters; those that are undefined are left out, a list is given once per value. */
export type Query = Readonly<
  Record<string, string | number | boolean | readonly string[] | undefined>
>;

/** A path with its query, escaped. */
export function withQuery(path: string, query: Query): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const values = typeof value === 'object' ? value : value === undefined ? [] : [String(value)];
    for (const each of values) parameters.append(name, each);
  }
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}
