import { repositoryImages } from '@kubewright/walk-through';

/** What must be seen of a walk-through, beside that no command fails. */
export interface WalkThrough {
  /** README with its commands, from the root of the repository. */
  readonly file: string;
  /** Operators whose images it uses; `fragile-app` is there in any case. */
  readonly operators: readonly string[];
  /** What the commands of a step show, in order; the step is the one whose commands have these words. */
  readonly expectations: readonly { readonly after: string; readonly seen: RegExp }[];
  /** Of what it must leave nothing beside its workloads: API group of its resources, and namespace of its operator. */
  readonly installs?: { readonly apiGroup: string; readonly namespace: string };
  /** Why it cannot be walked on this machine. */
  readonly skip?: string | false;
}

const postgres = repositoryImages()['postgres:15'];
const withoutPostgres =
  postgres !== undefined && 'pullError' in postgres && `NOT RUN: ${postgres.pullError}`;

const crashed = 'Completed \\(Exit Code: 0\\)';

/** The walk-throughs of this repository: that of the root README, and one of each operator. */
export const walkThroughs: readonly WalkThrough[] = [
  {
    file: 'README.md',
    operators: ['pod-diagnoser'],
    expectations: [
      { after: 'port-forward', seen: /Hello from the self-destructing app! 6/ },
      {
        after: 'restart-reason',
        seen: new RegExp(`"diagnostics\\.local\\.io/restart-reason":"${crashed}"`),
      },
      {
        after: 'restart-reason',
        seen: /"diagnostics\.local\.io\/restart-time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"/,
      },
      {
        after: 'restart-reason',
        seen: new RegExp(
          `Warning\\s+PodRestarted\\s+pod/fragile-app-\\S+\\s+Pod fragile-app-\\S+ restarted due to ${crashed}`,
        ),
      },
      { after: 'restart-reason', seen: /fragileapp-diagnoser\s+LogEvent\s+1\s+fragile-app-/ },
    ],
    installs: { apiGroup: 'diagnostics.local.io', namespace: 'kubewright-system' },
  },
  {
    file: 'operators/foo/README.md',
    operators: ['foo'],
    expectations: [
      {
        after: 'apply -f operators/foo/samples/foos.yaml',
        seen: /foo-01\s+jack\s+false\s[^]*foo-02\s+joe\s+false\s/,
      },
      {
        after: 'apply -f operators/foo/samples/jack.yaml',
        seen: /foo-01\s+jack\s+true\s[^]*foo-02\s+joe\s+false\s/,
      },
      {
        after: 'patch foo foo-02',
        seen: /foo-01\s+jack\s+true\s[^]*foo-02\s+jack\s+true\s/,
      },
      {
        after: 'delete -f operators/foo/samples/jack.yaml',
        seen: /foo-01\s+jack\s+false\s[^]*foo-02\s+jack\s+false\s/,
      },
      {
        after: 'get events',
        seen: /Normal\s+FriendFound\s+foo\/foo-02\s+Found the friend jack/,
      },
      {
        after: 'get events',
        seen: /Normal\s+FriendMissing\s+foo\/foo-02\s+There is no friend jack/,
      },
    ],
    installs: { apiGroup: 'tutorial.my.domain', namespace: 'foo-system' },
  },
  {
    file: 'operators/echo/README.md',
    operators: ['echoperator'],
    expectations: [
      { after: 'get lease,pods', seen: /echoperator\s+echoperator-[a-z0-9]+-[a-z0-9]+_/ },
      { after: 'logs job/hello-world', seen: /^Hola, 世界!$/m },
      { after: 'get echos,jobs', seen: /hello-world\s+Hola, 世界!\s+True\s+True\s/ },
      { after: 'get echos,jobs', seen: /job\.batch\/hello-world\s+Complete\s+1\/1\s/ },
      { after: 'get events', seen: /Normal\s+JobCreated\s+echo\/hello-world\s/ },
      { after: 'get events', seen: /Normal\s+JobComplete\s+echo\/hello-world\s/ },
      {
        after: 'get scheduledechos,cronjobs',
        seen: /hello-world-scheduled\s+Hola, 世界!\s+\*\/1 \* \* \* \*\s+True\s/,
      },
      { after: 'logs job/hello-now', seen: /^Hola, 世界!$/m },
      { after: 'patch sec', seen: /^@hourly$/m },
      { after: 'delete pod', seen: /^Nos vemos$/m },
    ],
    installs: { apiGroup: 'mmontes.io', namespace: 'echoperator-system' },
  },
  {
    file: 'operators/database-cluster/README.md',
    operators: ['database-cluster'],
    expectations: [
      { after: 'delete pod notes-0', seen: /^ remember the milk$/m },
      { after: 'adopting.yaml', seen: /^ remember the milk$/m },
      { after: 'create job', seen: /backup \d{8}T\d{6}Z\.dump is done: \d+ bytes/ },
      { after: 'DELETE FROM notes', seen: /^DELETE 1$[^]*^ remember the milk$/m },
      { after: 'v1beta1', seen: /^example\.com\/v1beta1: 1Gi$/m },
      { after: 'count(*)', seen: /^\s+1000$/m },
      { after: 'get databaseclusters\n', seen: /shop\s+15\s+Running\s+3\s+3\s+shop-[012]\s/ },
      {
        after: 'get events',
        seen: /Normal\s+DatabaseReady\s+databasecluster\/shop\s+3 of 3 replicas are ready/,
      },
    ],
    installs: { apiGroup: 'example.com', namespace: 'database-cluster-system' },
    skip: withoutPostgres,
  },
  {
    file: 'packages/cli/README.md',
    operators: [],
    expectations: [
      { after: 'diagnose pod/no-database', seen: /Pod default\/no-database\s+AppError/ },
      {
        after: 'diagnose pod/no-database',
        seen: /the connection was refused by\s+10\.0\.0\.7:5432/,
      },
      { after: 'diagnose -n default', seen: /Pod default\/no-secret\s+MissingConfigObject/ },
      { after: 'diagnose -n default', seen: /2 unhealthy/ },
      { after: 'diagnose --json', seen: /"category": "MissingConfigObject"/ },
    ],
  },
];
