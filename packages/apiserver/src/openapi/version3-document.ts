import type { JsonObject, ResourceType } from '../contracts.ts';
import { BUILTIN_DOCUMENT } from '../schema/builtin-document.ts';
import { builtinComponents } from './builtin-components.ts';
import { customComponents } from './custom-components.ts';
import { resourcePaths } from './resource-paths.ts';

/** The OpenAPI v3 document of one group and version: its resources' paths and every schema they need. */
export function version3Document(types: readonly ResourceType[]): JsonObject {
  const paths: JsonObject = Object.assign({}, ...types.map(resourcePaths)) as JsonObject;
  const custom: JsonObject = Object.assign(
    {},
    ...types.filter(({ origin }) => origin === 'custom').map(customComponents),
  ) as JsonObject;
  const builtin = builtinComponents([paths, custom], new Set(Object.keys(custom)));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: BUILTIN_DOCUMENT.version },
    paths,
    components: {
      schemas: { ...custom, ...builtin },
      securitySchemes: {
        BearerToken: { type: 'apiKey', name: 'authorization', in: 'header' },
      },
    },
  };
}
