import { apiVersionOf } from '@kubewright/apimachinery';
import type {
  JsonObject,
  ResourceType,
  ServerRequest,
  ServerResponse,
  TypeRegistry,
} from '../contracts.ts';
import { hashDocument, type HashedDocument } from './hashed-document.ts';
import { BASE_HEADERS } from '../handler/answer.ts';
import { encodeVersion2 } from './version2-protobuf.ts';
import { version2Document } from './version2-document.ts';
import { version3Document } from './version3-document.ts';

const VERSION2_PROTOBUF = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';
const VERSION2_PROTOBUF_OLD = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';

function emptyAnswer(status: number): ServerResponse {
  return { status, headers: BASE_HEADERS, body: new Uint8Array() };
}

/** The media types of an `Accept` header without parameters, in order. */
function acceptedTypes(request: ServerRequest): string[] {
  const types = (request.headers['accept'] ?? '')
    .split(',')
    .map((range) => (range.split(';')[0] ?? '').trim().toLowerCase())
    .filter((type) => type !== '');
  return types.length === 0 ? ['*/*'] : types;
}

function isJson(type: string): boolean {
  return type === 'application/json' || type === 'application/*' || type === '*/*';
}

function notModifiedOr(
  request: ServerRequest,
  hash: string,
  headers: Readonly<Record<string, string>>,
  contentType: string,
  body: () => Uint8Array,
): ServerResponse {
  const etag = `"${hash}"`;
  return request.headers['if-none-match'] === etag
    ? { status: 304, headers: { ...headers, etag }, body: new Uint8Array() }
    : { status: 200, headers: { ...headers, etag, 'content-type': contentType }, body: body() };
}

/** `/openapi/v2` and `/openapi/v3`: the schemas and paths of everything that is served at this moment. */
export class OpenApiDocs {
  readonly #registry: TypeRegistry;
  /** One document for each group and version, with the types it tells of: it holds while they are the same. */
  readonly #version3 = new Map<
    string,
    { readonly types: readonly ResourceType[]; readonly made: HashedDocument }
  >();
  #version2: HashedDocument | undefined;
  #version2Bytes: Uint8Array | undefined;

  constructor(registry: TypeRegistry) {
    this.#registry = registry;
  }

  /** Forgets what is no more true: the resources served have changed. */
  invalidate(): void {
    this.#version2 = undefined;
    this.#version2Bytes = undefined;
  }

  /** The answer; undefined when the path is not below `/openapi`. */
  respond(request: ServerRequest): ServerResponse | undefined {
    if (request.path === '/openapi/v2') return this.#answerVersion2(request);
    if (request.path === '/openapi/v3') return this.#index();
    const prefix = '/openapi/v3/';
    return request.path.startsWith(prefix)
      ? this.#answerVersion3(request, request.path.slice(prefix.length))
      : undefined;
  }

  #typesByPath(): Map<string, ResourceType[]> {
    const paths = new Map<string, ResourceType[]>();
    for (const type of this.#registry.all()) {
      const root = type.group === '' ? 'api' : 'apis';
      const path = `${root}/${apiVersionOf(type.group, type.version)}`;
      const types = paths.get(path) ?? [];
      paths.set(path, types);
      types.push(type);
    }
    return paths;
  }

  #document(path: string, types: readonly ResourceType[]): HashedDocument {
    const known = this.#version3.get(path);
    if (
      known?.types.length === types.length &&
      known.types.every((type, index) => type === types[index])
    ) {
      return known.made;
    }
    const made = hashDocument(version3Document(types));
    this.#version3.set(path, { types, made });
    return made;
  }

  #index(): ServerResponse {
    const paths: JsonObject = {};
    const served = this.#typesByPath();
    for (const path of this.#version3.keys()) if (!served.has(path)) this.#version3.delete(path);
    for (const [path, types] of served) {
      const { hash } = this.#document(path, types);
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` };
    }
    return {
      status: 200,
      headers: { ...BASE_HEADERS, 'content-type': 'application/json' },
      body: Buffer.from(JSON.stringify({ paths })),
    };
  }

  #answerVersion3(request: ServerRequest, path: string): ServerResponse {
    const types = this.#typesByPath().get(path);
    if (types === undefined) return emptyAnswer(404);
    if (!acceptedTypes(request).some(isJson)) return emptyAnswer(406);
    const { hash, bytes } = this.#document(path, types);
    const asked = request.query.get('hash');
    if (asked !== null && asked !== hash) {
      // The URL names a document that is no more: the client goes on to the one that is.
      return {
        status: 301,
        headers: { ...BASE_HEADERS, location: `${request.path}?hash=${hash}` },
        body: new Uint8Array(),
      };
    }
    const caching = asked === null ? BASE_HEADERS : { 'cache-control': 'public, immutable' };
    const headers = { ...caching, vary: 'Accept' };
    return notModifiedOr(request, hash, headers, 'application/json', () => bytes);
  }

  #answerVersion2(request: ServerRequest): ServerResponse {
    const accepted = acceptedTypes(request).find(
      (type) => isJson(type) || type === VERSION2_PROTOBUF || type === VERSION2_PROTOBUF_OLD,
    );
    if (accepted === undefined) return emptyAnswer(406);
    this.#version2 ??= hashDocument(version2Document(this.#registry.all()));
    const { hash, bytes, document } = this.#version2;
    const headers = { ...BASE_HEADERS, vary: 'Accept' };
    if (isJson(accepted)) {
      return notModifiedOr(request, hash, headers, 'application/json', () => bytes);
    }
    return notModifiedOr(request, hash, headers, VERSION2_PROTOBUF, () => {
      this.#version2Bytes ??= encodeVersion2(document);
      return this.#version2Bytes;
    });
  }
}
