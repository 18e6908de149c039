/** An image reference in its parts. */
export interface ImageReference {
  /** Registry host, such as `docker.io`. */
  readonly domain: string;
  /** Path within the registry, such as `library/nginx`. */
  readonly path: string;
  readonly tag: string | undefined;
  readonly digest: string | undefined;
}

const domainComponent = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const domainPattern = new RegExp(
  `^(?:${domainComponent}(?:\\.${domainComponent})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?$`,
);
const pathComponent = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const pathPattern = new RegExp(`^${pathComponent}(?:/${pathComponent})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,}$/;

/** The reason a text is no image reference, in the words of the container runtime. */
export type ReferenceFault =
  | 'invalid reference format'
  | 'repository name must be lowercase'
  | 'repository name must not be longer than 255 characters';

/**
 * Reads an image reference the way container runtimes do: the first segment is the registry when it
 * has a dot, a colon or is `localhost`; otherwise Docker Hub is meant.
 */
export function parseImageReference(text: string): ImageReference | ReferenceFault {
  let rest = text;
  let digest: string | undefined;
  const at = rest.indexOf('@');
  if (at >= 0) {
    digest = rest.slice(at + 1);
    rest = rest.slice(0, at);
    if (!digestPattern.test(digest)) return 'invalid reference format';
  }
  let tag: string | undefined;
  const colon = rest.lastIndexOf(':');
  if (colon > rest.lastIndexOf('/')) {
    tag = rest.slice(colon + 1);
    rest = rest.slice(0, colon);
    if (!tagPattern.test(tag)) return 'invalid reference format';
  }
  const slash = rest.indexOf('/');
  const first = slash < 0 ? '' : rest.slice(0, slash);
  const hasDomain =
    first !== '' && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  const domain = hasDomain ? first : 'docker.io';
  let path = hasDomain ? rest.slice(slash + 1) : rest;
  if (path.toLowerCase() !== path && pathPattern.test(path.toLowerCase())) {
    return 'repository name must be lowercase';
  }
  if (!domainPattern.test(domain) || !pathPattern.test(path)) return 'invalid reference format';
  if (domain.length + path.length > 255) {
    return 'repository name must not be longer than 255 characters';
  }
  if (domain === 'docker.io' && !path.includes('/')) path = `library/${path}`;
  return { domain, path, tag, digest };
}

/** The full name of a reference: `nginx` → `docker.io/library/nginx:latest`. */
export function canonicalImageName(reference: ImageReference): string {
  const { domain, path, tag, digest } = reference;
  if (digest !== undefined) {
    return `${domain}/${path}${tag === undefined ? '' : `:${tag}`}@${digest}`;
  }
  return `${domain}/${path}:${tag ?? 'latest'}`;
}
