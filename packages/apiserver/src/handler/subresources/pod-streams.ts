import type { ServerResponse, StreamSubresource } from '../../contracts.ts';
import { findRequested } from '../get.ts';
import type { Operation } from '../services.ts';

/** GET of `pods/log`. */
export async function readLog(operation: Operation): Promise<ServerResponse> {
  const { services, request } = operation;
  const pod = findRequested(operation).object;
  return services.streams.logs(pod, request.query, request.signal);
}

/** A plain request to a subresource that speaks another protocol: it has to be upgraded. */
export async function refuseWithoutUpgrade(operation: Operation): Promise<ServerResponse> {
  const { services, request, info, user } = operation;
  return services.streams.refuse({
    // Routing gets here for these three only.
    subresource: info.subresource as StreamSubresource,
    pod: findRequested(operation).object,
    query: request.query,
    user,
  });
}
