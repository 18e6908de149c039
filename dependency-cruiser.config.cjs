/**
 * The arrows between the packages point one way:
 * apimachinery <- client <- runtime <- operators, apimachinery <- crd <- operators,
 * apimachinery <- apiserver <- cluster -> runtime,
 * apimachinery <- diagnosis <- cli.
 */
const only = (from, ...to) => ({
  name: `${from}-arrows`,
  comment: `packages/${from} may import: ${to.join(', ') || 'no other package'}`,
  severity: 'error',
  from: { path: `^packages/${from}/src/` },
  to: {
    path: '^(packages|operators|apps|test|bench)/',
    pathNot: [
      ...[from, ...to].map((name) => `^packages/${name}/src/`),
      // Generated data: the schemas of the built-in kinds.
      '^packages/apimachinery/openapi/',
      // Its own version.
      `^packages/${from}/package[.]json$`,
      // Libraries of which another version stands at the root.
      '/node_modules/',
    ],
  },
});

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    only('apimachinery'),
    only('crd', 'apimachinery'),
    only('client', 'apimachinery'),
    only('runtime', 'apimachinery', 'client'),
    only('apiserver', 'apimachinery'),
    only('cluster', 'apimachinery', 'client', 'runtime', 'apiserver'),
    only('diagnosis', 'apimachinery'),
    only('packaging', 'apimachinery', 'crd'),
    only('cli', 'apimachinery', 'client', 'crd', 'cluster', 'diagnosis', 'packaging'),
    {
      name: 'operator-arrows',
      comment:
        'an operator imports the runtime, the client, crd and apimachinery; the cluster in its tests only',
      severity: 'error',
      from: { path: '^operators/([^/]+)/src/' },
      to: {
        path: '^(packages|operators|apps|test|bench)/',
        pathNot: [
          '^packages/(apimachinery|client|runtime|crd|diagnosis)/src/',
          '^operators/$1/',
          '/node_modules/',
        ],
      },
    },
    {
      name: 'apimachinery-is-pure',
      comment: 'apimachinery does no I/O and has no dependencies',
      severity: 'error',
      from: { path: '^packages/apimachinery/src/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'declared-dependencies',
      comment: 'a package imports only what its own package.json names',
      severity: 'error',
      from: { path: '^(packages|operators|apps)/[^/]+/src/' },
      to: {
        dependencyTypes: ['npm-no-pkg', 'npm-unknown', 'unknown', 'undetermined'],
        // The packages of the workspace are held by the arrows above.
        pathNot: '^(packages|operators|apps)/',
      },
    },
    {
      name: 'no-tests-in-sources',
      severity: 'error',
      from: { path: '/src/' },
      to: { path: '/test/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(/dist/|node_modules/\\.)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'require', 'node', 'default'],
    },
  },
};
