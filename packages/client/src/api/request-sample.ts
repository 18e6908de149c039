/** One finished request, for metrics such as `rest_client_requests_total`. */
export interface RequestSample {
  /** HTTP method. */
  readonly method: string;
  /** What was done: `get`, `list`, `watch`, `create`, `update`, `patch`, `apply`, `delete`, … */
  readonly verb: string;
  /** URL path with `{namespace}` and `{name}` in place of the names: bounded in number, fit for a label. */
  readonly pathPattern: string;
  /** `pods` or `deployments.apps`; undefined outside resources, such as for `/version`. */
  readonly resource: string | undefined;
  /** HTTP status code, or `<error>` when no answer came. */
  readonly code: string;
  /** Time until the headers of the answer, in milliseconds. */
  readonly durationMs: number;
  /** Host and port of the API server. */
  readonly host: string;
}
