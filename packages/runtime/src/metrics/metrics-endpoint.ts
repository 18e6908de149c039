import { plainText } from '../serving/serving-endpoint.ts';
import type { ServingRequest, ServingResponse } from '../serving/serving-endpoint.ts';
import type { MetricsRegistry } from './registry.ts';

/** Answers `/metrics` in the text format of Prometheus. */
export async function answerMetrics(
  registry: MetricsRegistry,
  path: string,
  { url }: ServingRequest,
): Promise<ServingResponse> {
  if (url.pathname !== path) return plainText(404, `here is ${path}\n`);
  return { status: 200, contentType: registry.contentType, body: await registry.metrics() };
}
