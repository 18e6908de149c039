import type {
  AcceptedStream,
  DiscoveryDocs,
  ServerRequest,
  ServerResponse,
  StreamSubresource,
  UserInfo,
} from '../contracts.ts';
import { answerHealth, plainText } from './health.ts';
import { answerError, compressAnswer, withWarnings } from './answer.ts';
import { authorize } from './authorize.ts';
import { checkBodySize } from './body.ts';
import { connectOptions } from './connect-options.ts';
import { negotiate, type AnswerFormat } from './media-type.ts';
import { parseRequestInfo, UnreadablePathError, type RequestInfo } from './request-info.ts';
import { unknownResource, verbOf } from './routes.ts';
import type { Operation, Services } from './services.ts';
import { admissionAttributes } from './strategy-context.ts';
import { findRequested } from './get.ts';

/** One answered request, for logs and for tests that count. */
export interface RequestRecord {
  /** As in RBAC: `list`, `watch`; for what is no resource the method in lower case. */
  readonly verb: string;
  /** HTTP method. */
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** API group; empty for the core group, and for what is no resource. */
  readonly group: string;
  /** Version of the API; empty for what is no resource. */
  readonly version: string;
  /** Plural, such as `pods`; empty for what is no resource. */
  readonly resource: string;
  /** Such as `status`; empty for the object itself. */
  readonly subresource: string;
  /** Empty for none. */
  readonly namespace: string;
  /** Empty for a collection. */
  readonly name: string;
  /** Undefined when authentication failed. */
  readonly user: UserInfo | undefined;
  /** What the client calls itself. */
  readonly userAgent: string | undefined;
  /** HTTP status. */
  readonly code: number;
}

/**
 * A chance to answer, delay or break a request before it is handled. Runs after authorization. Undefined lets it
 * pass; `lose-answer` lets it pass and cuts the connection in place of the answer.
 */
export type Interception = (
  request: ServerRequest,
  info: RequestInfo,
  user: UserInfo,
) => Promise<ServerResponse | 'lose-answer' | undefined>;

const NO_ANSWER: ServerResponse = {
  status: 500,
  headers: {},
  body: new Uint8Array(0),
  reset: true,
};

/** What {@link ApiHandler} takes. */
export interface ApiHandlerOptions {
  readonly services: Services;
  readonly discovery: DiscoveryDocs;
  readonly intercept: Interception;
  readonly onRequest: (record: RequestRecord) => void;
  /** `/readyz` answers 200. */
  readonly isReady: () => boolean;
}

const STREAMS = new Set<string>(['exec', 'attach', 'portforward'] satisfies StreamSubresource[]);
const NO_PAGE = '404 page not found\n';
const PLAIN_JSON: AnswerFormat = { encoding: 'json', as: 'object' };

/** Routes requests: who is it, may they, which verb of which resource; and turns refusals into answers. */
export class ApiHandler {
  readonly #options: ApiHandlerOptions;

  constructor(options: ApiHandlerOptions) {
    this.#options = options;
  }

  /** Answers one request. Never rejects. */
  async handle(request: ServerRequest): Promise<ServerResponse> {
    let format = PLAIN_JSON;
    let info: RequestInfo | undefined;
    let user: UserInfo | undefined;
    let response: ServerResponse;
    try {
      info = parseRequestInfo(request.method, request.path, request.query);
      format = errorFormat(request);
      user = await this.#options.services.access.authenticate(request);
      authorize(this.#options.services.access, info, user);
      const intercepted = await this.#options.intercept(request, info, user);
      if (intercepted === undefined || intercepted === 'lose-answer') {
        const answer = await this.#answer(request, info, user);
        response = intercepted === undefined ? answer : NO_ANSWER;
      } else {
        response = intercepted;
      }
    } catch (error) {
      response =
        error instanceof UnreadablePathError
          ? plainText(500, `${error.message}\n`)
          : answerError(error, request, format);
    }
    this.#options.onRequest(recordOf(request, info, user, response.status));
    return request.method === 'HEAD'
      ? { ...response, body: new Uint8Array(0) }
      : compressAnswer(response, request);
  }

  /** Decides about an upgrade. @throws StatusError when it is refused */
  async acceptUpgrade(request: ServerRequest): Promise<AcceptedStream> {
    const info = parseRequestInfo(request.method, request.path, request.query);
    const user = await this.#options.services.access.authenticate(request);
    authorize(this.#options.services.access, info, user);
    const operation = this.#operation(request, info, user, PLAIN_JSON);
    verbOf(operation.type, info, request.method);
    if (operation.type.storageKey !== 'pods' || !STREAMS.has(info.subresource)) {
      throw unknownResource();
    }
    const pod = findRequested(operation).object;
    // One of the three, as was checked.
    const subresource = info.subresource as StreamSubresource;
    const { admission } = this.#options.services;
    const attributes = admissionAttributes(operation, {
      operation: 'CONNECT',
      name: info.name,
      ...connectOptions(subresource, request.query),
      old: undefined,
      dryRun: false,
      options: undefined,
    });
    await admission.admit(attributes);
    await admission.validate(attributes);
    return {
      subresource,
      pod,
      query: request.query,
      user,
    };
  }

  #operation(
    request: ServerRequest,
    info: RequestInfo,
    user: UserInfo,
    format: AnswerFormat,
  ): Operation {
    const { services } = this.#options;
    const type = services.registry.find(info.group, info.version, info.resource);
    if (type === undefined) throw unknownResource();
    const warnings = type.deprecationWarning === undefined ? [] : [type.deprecationWarning];
    return { services, request, info, type, user, format, warnings };
  }

  async #answer(
    request: ServerRequest,
    info: RequestInfo,
    user: UserInfo,
  ): Promise<ServerResponse> {
    if (!info.isResource) return this.#answerOther(request, info);
    if (!this.#isGroupServed(info)) return plainText(404, NO_PAGE);
    // The prefixes of the API are looked for at the beginning.
    if (info.path.startsWith('//')) return plainText(404, NO_PAGE);
    const operation = this.#operation(request, info, user, PLAIN_JSON);
    const verb = verbOf(operation.type, info, request.method);
    checkBodySize(request.body);
    const format = negotiate(request.headers['accept']);
    const answered = { ...operation, format };
    const answer = await verb(answered).catch((error: unknown) =>
      answerError(error, request, format),
    );
    return withWarnings(answer, answered.warnings);
  }

  #isGroupServed({ group }: RequestInfo): boolean {
    return (
      group === '' || this.#options.services.registry.all().some((type) => type.group === group)
    );
  }

  #answerOther(request: ServerRequest, info: RequestInfo): ServerResponse {
    const { services, discovery, isReady } = this.#options;
    return (
      answerHealth(info.path, request.query, isReady()) ??
      discovery.respond(request) ??
      services.access.respond(request) ??
      plainText(404, NO_PAGE)
    );
  }
}

/** Errors come in the format of the answer; when that cannot be served, as JSON. */
function errorFormat(request: ServerRequest): AnswerFormat {
  const accept = request.headers['accept'] ?? '';
  return /^\s*application\/yaml/.test(accept) ? { encoding: 'yaml', as: 'object' } : PLAIN_JSON;
}

function recordOf(
  request: ServerRequest,
  info: RequestInfo | undefined,
  user: UserInfo | undefined,
  code: number,
): RequestRecord {
  return {
    verb: info?.verb ?? request.method.toLowerCase(),
    method: request.method,
    path: info?.path ?? request.path,
    group: info?.group ?? '',
    version: info?.version ?? '',
    resource: info?.resource ?? '',
    subresource: info?.subresource ?? '',
    namespace: info?.namespace ?? '',
    name: info?.name ?? '',
    user,
    userAgent: request.headers['user-agent'],
    code,
  };
}
