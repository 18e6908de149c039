import type { JsonObject } from '../contracts.ts';

/** Where a parameter stands and which JSON type it has. */
function parameter(name: string, type: string, place: 'query' | 'path' = 'query'): JsonObject {
  return {
    name,
    in: place,
    ...(place === 'path' ? { required: true } : {}),
    schema: { type, uniqueItems: true },
  };
}

const PREVIEW = [
  parameter('dryRun', 'string'),
  parameter('fieldManager', 'string'),
  parameter('fieldValidation', 'string'),
];

const SELECTION = [
  parameter('continue', 'string'),
  parameter('fieldSelector', 'string'),
  parameter('labelSelector', 'string'),
  parameter('limit', 'integer'),
  parameter('resourceVersion', 'string'),
  parameter('resourceVersionMatch', 'string'),
  parameter('sendInitialEvents', 'boolean'),
  parameter('timeoutSeconds', 'integer'),
];

const REMOVAL = [
  parameter('dryRun', 'string'),
  parameter('gracePeriodSeconds', 'integer'),
  parameter('orphanDependents', 'boolean'),
  parameter('propagationPolicy', 'string'),
];

/** Query parameters by what a request does, as the API server takes them. */
export const QUERY_PARAMETERS: Readonly<Record<string, readonly JsonObject[]>> = {
  get: [parameter('resourceVersion', 'string')],
  list: [parameter('allowWatchBookmarks', 'boolean'), ...SELECTION, parameter('watch', 'boolean')],
  create: PREVIEW,
  update: PREVIEW,
  patch: [...PREVIEW, parameter('force', 'boolean')],
  delete: REMOVAL,
  deletecollection: [...SELECTION, ...REMOVAL],
};

/** Query parameters of subresources that are no objects. */
export const STREAM_PARAMETERS: Readonly<Record<string, readonly JsonObject[]>> = {
  log: [
    parameter('container', 'string'),
    parameter('follow', 'boolean'),
    parameter('limitBytes', 'integer'),
    parameter('previous', 'boolean'),
    parameter('sinceSeconds', 'integer'),
    parameter('sinceTime', 'string'),
    parameter('stream', 'string'),
    parameter('tailLines', 'integer'),
    parameter('timestamps', 'boolean'),
  ],
  exec: [
    parameter('command', 'string'),
    parameter('container', 'string'),
    parameter('stderr', 'boolean'),
    parameter('stdin', 'boolean'),
    parameter('stdout', 'boolean'),
    parameter('tty', 'boolean'),
  ],
  attach: [
    parameter('container', 'string'),
    parameter('stderr', 'boolean'),
    parameter('stdin', 'boolean'),
    parameter('stdout', 'boolean'),
    parameter('tty', 'boolean'),
  ],
  portforward: [parameter('ports', 'integer')],
};

/** The parameters that stand in the path of a URL, and `pretty`, which every request takes. */
export function pathParameters(path: string): JsonObject[] {
  return [
    ...[...path.matchAll(/\{([a-z]+)\}/g)].map((match) =>
      parameter(match[1] ?? '', 'string', 'path'),
    ),
    parameter('pretty', 'string'),
  ];
}
