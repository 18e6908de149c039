import type {
  Access,
  Clock,
  NodeStreams,
  ResourceType,
  ServerRequest,
  TablePrinter,
  TypeRegistry,
  UserInfo,
} from '../contracts.ts';
import type { AdmissionChain } from '../admission/chain.ts';
import type { MemoryStore } from '../storage/memory-store.ts';
import type { WatchRegistry } from '../watch/watch-registry.ts';
import type { AnswerFormat } from './media-type.ts';
import type { RequestInfo } from './request-info.ts';

/** What the verbs work with; one for the whole server. */
export interface Services {
  readonly store: MemoryStore;
  readonly registry: TypeRegistry;
  readonly clock: Clock;
  readonly access: Access;
  readonly tables: TablePrinter;
  readonly streams: NodeStreams;
  readonly admission: AdmissionChain;
  readonly watches: WatchRegistry;
}

/** One request for a resource that exists, on its way through a verb. */
export interface Operation {
  readonly services: Services;
  readonly request: ServerRequest;
  readonly info: RequestInfo;
  readonly type: ResourceType;
  readonly user: UserInfo;
  readonly format: AnswerFormat;
  /** Texts for `Warning` headers, in order. */
  readonly warnings: string[];
}

/** The namespace of a request, undefined for cluster-scoped resources and for all namespaces. */
export function namespaceOf(operation: Operation): string | undefined {
  const { info, type } = operation;
  return type.scope === 'Cluster' || info.namespace === '' ? undefined : info.namespace;
}
