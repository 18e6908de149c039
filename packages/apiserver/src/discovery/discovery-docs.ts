import type {
  BuiltinSchemas,
  DiscoveryDocs,
  JsonObject,
  ResourceType,
  ServerRequest,
  ServerResponse,
  TypeRegistry,
} from '../contracts.ts';
import { BASE_HEADERS, answerError, encodeAnswer } from '../handler/answer.ts';
import { negotiate } from '../handler/media-type.ts';
import { hashDocument, type HashedDocument } from '../openapi/hashed-document.ts';
import { OpenApiDocs } from '../openapi/openapi-docs.ts';
import { failure } from '../status.ts';
import { AGGREGATED_MEDIA_TYPE, aggregatedDocument } from './aggregated-document.ts';
import {
  coreVersionsDocument,
  groupDocument,
  groupListDocument,
  resourceListDocument,
  rootDocument,
} from './plain-documents.ts';
import { servedGroups, type ServedGroup } from './served-groups.ts';
import { serverVersion } from './server-version.ts';

/** What discovery tells about. */
export interface DiscoveryOptions {
  readonly registry: TypeRegistry;
  readonly schemas: BuiltinSchemas;
}

function isAggregatedRequest(request: ServerRequest): boolean {
  return (request.headers['accept'] ?? '').split(',').some((range) => {
    const parts = range.split(';').map((part) => part.trim());
    return (
      parts[0] === 'application/json' &&
      parts.includes('g=apidiscovery.k8s.io') &&
      parts.includes('v=v2') &&
      parts.includes('as=APIGroupDiscoveryList')
    );
  });
}

function notFoundPage(): ServerResponse {
  return {
    status: 404,
    headers: { ...BASE_HEADERS, 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from('404 page not found\n'),
  };
}

function answer(request: ServerRequest, document: JsonObject): ServerResponse {
  return encodeAnswer(200, document, request, negotiate(request.headers['accept']));
}

/** Answers the paths on which clients find out what the server serves. */
class RegistryDocs implements DiscoveryDocs {
  readonly #registry: TypeRegistry;
  readonly #openApi: OpenApiDocs;
  readonly #aggregates = new Map<'api' | 'apis', HashedDocument>();
  #groups: readonly ServedGroup[] | undefined;

  constructor({ registry }: DiscoveryOptions) {
    this.#registry = registry;
    this.#openApi = new OpenApiDocs(registry);
    registry.onChange(() => {
      this.#groups = undefined;
      this.#aggregates.clear();
      this.#openApi.invalidate();
    });
  }

  respond(request: ServerRequest): ServerResponse | undefined {
    try {
      return this.#respond(request);
    } catch (error) {
      return answerError(error, request, { encoding: 'json', as: 'object' });
    }
  }

  #respond(request: ServerRequest): ServerResponse | undefined {
    const segments = request.path.replace(/\/+$/, '').split('/').slice(1).map(decodeSegment);
    const [root, group, version, ...rest] = segments;
    if (rest.length > 0 && root !== 'openapi') return undefined;
    switch (root) {
      case undefined:
        return answer(request, rootDocument(this.#served()));
      case 'version':
        return group === undefined ? this.#version(request) : undefined;
      case 'api':
        if (version !== undefined) return undefined;
        return group === undefined
          ? this.#root(request, 'api')
          : this.#resources(request, '', group);
      case 'apis':
        if (group === undefined) return this.#root(request, 'apis');
        return version === undefined
          ? this.#group(request, group)
          : this.#resources(request, group, version);
      case 'openapi':
        return this.#openApi.respond(request);
      default:
        return undefined;
    }
  }

  #served(): readonly ServedGroup[] {
    this.#groups ??= servedGroups(this.#registry);
    return this.#groups;
  }

  #version(request: ServerRequest): ServerResponse {
    if (request.method !== 'GET') {
      throw failure(
        405,
        'MethodNotAllowed',
        'the server does not allow this method on the requested resource',
        {},
      );
    }
    return answer(request, serverVersion());
  }

  /** `/api` and `/apis`: the plain list, or everything at once for clients that ask for aggregated discovery. */
  #root(request: ServerRequest, root: 'api' | 'apis'): ServerResponse {
    const groups = this.#served();
    if (isAggregatedRequest(request)) return this.#aggregated(request, root);
    if (root === 'apis') return answer(request, groupListDocument(groups));
    const core = groups.find(({ name }) => name === '');
    return answer(request, coreVersionsDocument(core, request.headers['host'] ?? ''));
  }

  #aggregated(request: ServerRequest, root: 'api' | 'apis'): ServerResponse {
    const made =
      this.#aggregates.get(root) ??
      hashDocument(
        aggregatedDocument(this.#served().filter(({ name }) => (name === '') === (root === 'api'))),
      );
    this.#aggregates.set(root, made);
    const { bytes, hash } = made;
    const etag = `"${hash}"`;
    const headers = { 'cache-control': 'public', etag, vary: 'Accept' };
    return request.headers['if-none-match'] === etag
      ? { status: 304, headers, body: new Uint8Array() }
      : {
          status: 200,
          headers: { ...headers, 'content-type': AGGREGATED_MEDIA_TYPE },
          body: bytes,
        };
  }

  #group(request: ServerRequest, name: string): ServerResponse {
    const group = this.#served().find((served) => served.name === name);
    return group === undefined ? notFoundPage() : answer(request, groupDocument(group));
  }

  #resources(request: ServerRequest, name: string, version: string): ServerResponse {
    const group = this.#served().find((served) => served.name === name);
    const served = group?.versions.find((candidate) => candidate.version === version);
    if (group === undefined || (served === undefined && group.isCustom)) return notFoundPage();
    if (served === undefined) {
      throw failure(404, 'NotFound', 'the server could not find the requested resource', {});
    }
    const storedAs = (type: ResourceType): ResourceType | undefined =>
      this.#registry
        .all()
        .find((other) => other.storageKey === type.storageKey && other.toStorage === undefined);
    return answer(request, resourceListDocument(group, served, storedAs));
  }
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    // Not percent-encoded after all: no group or version has such a name.
    return segment;
  }
}

/** Discovery, OpenAPI and the version of the server, always in step with what the registry serves. */
export function createDiscoveryDocs(options: DiscoveryOptions): DiscoveryDocs {
  return new RegistryDocs(options);
}
