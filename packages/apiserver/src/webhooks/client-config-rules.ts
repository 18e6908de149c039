import { validateDns1035Label, validateDnsSubdomain } from '@kubewright/apimachinery';
import type { JsonObject } from '../contracts.ts';
import { objectIn } from '../crd/definition-view.ts';
import { invalid, required, type FieldError } from '../field-error.ts';

const FORM = 'desired format: https://host[/path]';

/** The rules for a `clientConfig`: where a webhook is. */
export function clientConfigErrors(path: string, clientConfig: JsonObject): FieldError[] {
  const url: unknown = clientConfig['url'];
  const service = objectIn(clientConfig, 'service');
  if ((url === undefined) === (service === undefined)) {
    return [required(path, 'exactly one of url or service is required')];
  }
  return service === undefined
    ? urlErrors(`${path}.url`, String(url))
    : serviceErrors(`${path}.service`, service);
}

/** Scheme, authority, path, query and fragment, as Go takes a URL apart: no part is required. */
const URL_PARTS = /^(?:([a-z][a-z0-9+.-]*):)?(?:\/\/([^/?#]*))?[^?#]*(?:\?([^#]*))?(?:#(.*))?$/is;

function urlErrors(path: string, url: string): FieldError[] {
  const [, scheme = '', authority = '', query = '', fragment = ''] = URL_PARTS.exec(url) ?? [];
  const at = authority.lastIndexOf('@');
  const [user, host] = [authority.slice(0, Math.max(0, at)), authority.slice(at + 1)];
  const problem = parseProblem(url, host);
  if (problem !== undefined) {
    const detail = `url must be a valid URL: parse ${JSON.stringify(url)}: ${problem}`;
    return [required(path, `${detail}; ${FORM}`)];
  }
  return [
    ...(scheme === 'https'
      ? []
      : [invalid(path, scheme, `'https' is the only allowed URL scheme; ${FORM}`)]),
    ...(host === '' ? [invalid(path, '', `host must be specified; ${FORM}`)] : []),
    ...(user === '' ? [] : [invalid(path, user, 'user information is not permitted in the URL')]),
    ...(fragment === '' ? [] : [invalid(path, fragment, 'fragments are not permitted in the URL')]),
    ...(query === ''
      ? []
      : [invalid(path, query, 'query parameters are not permitted in the URL')]),
  ];
}

/** Why Go cannot parse a URL; undefined when it can. */
function parseProblem(url: string, host: string): string | undefined {
  const badEscape = /%(?![0-9a-f]{2}).{0,2}/i.exec(url)?.[0];
  if (badEscape !== undefined) return `invalid URL escape ${JSON.stringify(badEscape)}`;
  if (host.startsWith('[') && !host.includes(']')) return "missing ']' in host";
  const badCharacter = /[\s"<>\\^`{|}]/.exec(host)?.[0];
  return badCharacter === undefined
    ? undefined
    : `invalid character ${JSON.stringify(badCharacter)} in host name`;
}

function serviceErrors(path: string, service: JsonObject): FieldError[] {
  const { name, namespace, path: urlPath, port = 443 } = service as Record<string, unknown>;
  const isPort = typeof port === 'number' && port >= 1 && port <= 65535;
  return [
    // The real server has the two changed over.
    ...((name ?? '') === '' ? [required(`${path}.namespace`)] : []),
    ...((namespace ?? '') === '' ? [required(`${path}.name`)] : []),
    ...(isPort
      ? []
      : [
          invalid(
            `${path}.port`,
            port,
            'port is not valid: must be between 1 and 65535, inclusive',
          ),
        ]),
    ...(typeof urlPath === 'string' ? servicePathErrors(`${path}.path`, urlPath) : []),
  ];
}

function servicePathErrors(path: string, urlPath: string): FieldError[] {
  if (urlPath === '' || urlPath === '/') return [];
  if (urlPath === '//') return [invalid(path, urlPath, 'segment[0] may not be empty')];
  // The first character goes, whatever it is.
  const segments = urlPath.slice(1).replace(/\/$/, '').split('/');
  return [
    ...(urlPath.startsWith('/') ? [] : [invalid(path, urlPath, "must start with a '/'")]),
    ...segments.flatMap((segment, index) =>
      segment === ''
        ? [invalid(path, urlPath, `segment[${index}] may not be empty`)]
        : validateDnsSubdomain(segment).map((text) =>
            invalid(path, urlPath, `segment[${index}]: ${text}`),
          ),
    ),
  ];
}

/** The rules for the versions of a review that a webhook knows. */
export function reviewVersionErrors(path: string, value: unknown, missing = ''): FieldError[] {
  const versions: unknown[] = Array.isArray(value) ? value : [];
  if (versions.length === 0) return [required(path, missing)];
  const isKnown = versions.some((version) => version === 'v1' || version === 'v1beta1');
  return [
    ...versions.flatMap((version, index) => {
      const place = `${path}[${index}]`;
      const isRepeated = versions.indexOf(version) < index;
      if (isRepeated) return [invalid(place, version, 'duplicate version')];
      return validateDns1035Label(String(version)).map((text) => invalid(place, version, text));
    }),
    ...(isKnown ? [] : [invalid(path, versions, 'must include at least one of v1, v1beta1')]),
  ];
}
