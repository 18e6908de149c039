import {
  celFunc,
  celList,
  celMap,
  celMethod,
  CelScalar,
  type CelFunc,
  type CelValue,
} from '@bufbuild/cel';
import { hasFormat } from '../schema/value-formats.ts';
import { opaqueText, opaqueValue } from './opaque-value.ts';

const { BOOL, DYN, STRING } = CelScalar;

/** The parts of an absolute URI or an absolute path. */
interface UrlParts {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly query: string;
}

function read(text: string): UrlParts {
  if (!hasFormat('uri', text)) {
    throw new Error(
      `URL parse error during conversion from string: parse ${JSON.stringify(text)}: invalid URI for request`,
    );
  }
  const match = /^(?:([^:/?#]+):)?(?:\/\/(?:[^@/?#]*@)?([^/?#]*))?([^?#]*)(?:\?([^#]*))?/.exec(
    text,
  );
  return {
    scheme: match?.[1]?.toLowerCase() ?? '',
    host: match?.[2] ?? '',
    path: match?.[3] ?? '',
    query: match?.[4] ?? '',
  };
}

function partsOf(value: CelValue): UrlParts {
  return read(opaqueText('url', value));
}

function hostname(host: string): string {
  return /^\[(.*)\](?::\d*)?$/.exec(host)?.[1] ?? host.replace(/:\d*$/, '');
}

function getter(name: string, get: (parts: UrlParts) => string): CelFunc {
  return celMethod(name, DYN, [], STRING, function () {
    return get(partsOf(this));
  });
}

/** `url()` and the parts of one. */
export function urlFunctions(): CelFunc[] {
  return [
    celFunc('url', [STRING], DYN, (text) => {
      read(text);
      return opaqueValue('url', text);
    }),
    celFunc('isURL', [STRING], BOOL, (text) => hasFormat('uri', text)),
    getter('getScheme', ({ scheme }) => scheme),
    getter('getHost', ({ host }) => host),
    getter('getHostname', ({ host }) => hostname(host)),
    getter('getPort', ({ host }) => /:(\d*)$/.exec(host.replace(/^\[.*\]/, ''))?.[1] ?? ''),
    getter('getEscapedPath', ({ path }) => path),
    celMethod('getQuery', DYN, [], DYN, function () {
      const parameters = new Map<string, string[]>();
      for (const [key, value] of new URLSearchParams(partsOf(this).query)) {
        parameters.set(key, [...(parameters.get(key) ?? []), value]);
      }
      return celMap(new Map([...parameters].map(([key, values]) => [key, celList(values)])));
    }),
  ];
}
