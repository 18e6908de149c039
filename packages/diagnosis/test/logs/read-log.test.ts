import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { readLog, type LogExcerpt } from '../../src/index.ts';
import { logSignatures } from '../../src/logs/signatures/index.ts';

function read(text: string): readonly LogExcerpt[] {
  return readLog({ pod: { name: 'web' }, container: 'app', life: 'previous', text });
}

/** `signature | summary` of the most telling excerpt. */
function said(text: string): string {
  const [first] = read(text);
  return first === undefined ? '' : `${first.signature} | ${first.summary}`;
}

/** One line of a real program, and what it says. */
const lines: readonly (readonly [string, string])[] = [
  ["Error: Cannot find module 'pg'", 'missing-module | cannot find the module "pg"'],
  [
    "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'zod' imported from /app/a.js",
    'missing-module | cannot find the package "zod"',
  ],
  [
    "ModuleNotFoundError: No module named 'requests'",
    'missing-module | cannot find the module "requests"',
  ],
  [
    "python: can't open file '/app/main.py': [Errno 2] No such file or directory",
    'missing-module | cannot find the script "/app/main.py"',
  ],
  [
    'Error: Could not find or load main class com.acme.Main',
    'missing-module | cannot find the main class "com.acme.Main"',
  ],
  [
    'Error: Unable to access jarfile /app/app.jar',
    'missing-module | cannot find the jar "/app/app.jar"',
  ],
  [
    'Caused by: java.lang.ClassNotFoundException: org.postgresql.Driver',
    'missing-module | cannot find the class "org.postgresql.Driver"',
  ],
  [
    "app.rb:1:in `require': cannot load such file -- sinatra (LoadError)",
    'missing-module | cannot find the file "sinatra"',
  ],
  [
    "Unhandled exception. System.IO.FileNotFoundException: Could not load file or assembly 'Acme.Core, Version=1.0.0.0'",
    'missing-module | cannot find the assembly "Acme.Core"',
  ],
  [
    'PHP Fatal error:  Uncaught Error: Class "Acme\\Kernel" not found in /app/index.php:3',
    'missing-module | cannot find the class "Acme\\Kernel"',
  ],
  [
    '/app/server: error while loading shared libraries: libssl.so.1.1: cannot open shared object file: No such file or directory',
    'missing-module | cannot find the shared library "libssl.so.1.1"',
  ],
  [
    "./app: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by ./app)",
    'missing-module | cannot find the library version "GLIBC_2.38"',
  ],
  [
    'Error: connect ECONNREFUSED 10.0.0.7:5432',
    'connection-refused | the connection was refused by 10.0.0.7:5432',
  ],
  [
    '2026/11/21 00:00:01 dial tcp 10.0.0.7:6379: connect: connection refused',
    'connection-refused | the connection was refused by 10.0.0.7:6379',
  ],
  [
    'psql: error: connection to server at "db" (10.0.0.7), port 5432 failed: Connection refused',
    'connection-refused | the connection was refused by db:5432',
  ],
  [
    'requests.exceptions.ConnectionError: [Errno 111] Connection refused',
    'connection-refused | a connection was refused',
  ],
  [
    'Error: getaddrinfo ENOTFOUND postgres',
    'name-not-resolved | the host name "postgres" could not be resolved',
  ],
  [
    'dial tcp: lookup redis.shop on 10.96.0.10:53: no such host',
    'name-not-resolved | the host name "redis.shop" could not be resolved',
  ],
  [
    'java.net.UnknownHostException: kafka-0.kafka: Name or service not known',
    'name-not-resolved | the host name "kafka-0.kafka" could not be resolved',
  ],
  [
    'curl: (6) Could not resolve host: api.internal',
    'name-not-resolved | the host name "api.internal" could not be resolved',
  ],
  [
    'nginx: [emerg] host not found in upstream "backend" in /etc/nginx/conf.d/default.conf:3',
    'name-not-resolved | the host name "backend" could not be resolved',
  ],
  [
    'attempt 2: cannot reach database: dial tcp 10.0.0.7:5432: i/o timeout',
    'connection-timeout | no answer came from 10.0.0.7:5432',
  ],
  [
    'java.net.SocketTimeoutException: connect timed out',
    'connection-timeout | a connection timed out',
  ],
  [
    'Error: listen EADDRINUSE: address already in use :::8080',
    'address-in-use | :::8080 is already in use',
  ],
  ['listen tcp :8080: bind: address already in use', 'address-in-use | :8080 is already in use'],
  [
    'nginx: [emerg] bind() to 0.0.0.0:80 failed (98: Address already in use)',
    'address-in-use | 0.0.0.0:80 is already in use',
  ],
  [
    'Web server failed to start. Port 8080 was already in use.',
    'address-in-use | :8080 is already in use',
  ],
  [
    'OSError: [Errno 98] Address already in use',
    'address-in-use | the address it listens on is already in use',
  ],
  [
    'tls: failed to verify certificate: x509: certificate signed by unknown authority',
    'tls-failure | TLS failed: x509: certificate signed by unknown authority',
  ],
  [
    'ssl.SSLCertVerificationError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed',
    'tls-failure | a certificate could not be verified',
  ],
  [
    'FATAL:  password authentication failed for user "app"',
    'authentication-failed | the database refused the credentials of user "app"',
  ],
  [
    "ERROR 1045 (28000): Access denied for user 'app'@'10.0.0.9' (using password: YES)",
    'authentication-failed | the database refused the credentials of user "app"',
  ],
  ['NOAUTH Authentication required.', 'authentication-failed | Redis refused the credentials'],
  [
    'FATAL:  database "orders" does not exist',
    'database-not-ready | the database "orders" does not exist',
  ],
  [
    'ERROR:  relation "orders" does not exist at character 15',
    'database-not-ready | the table "orders" does not exist',
  ],
  [
    "Table 'shop.orders' doesn't exist",
    'database-not-ready | the table "shop.orders" does not exist',
  ],
  [
    'FATAL:  the database system is starting up',
    'database-not-ready | the database is starting up',
  ],
  [
    'FATAL: sorry, too many clients already',
    'database-not-ready | the database has no connection left',
  ],
  [
    'com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure',
    'database-not-ready | the database cannot be reached',
  ],
  [
    'error: Dirty database version 12. Fix and force version.',
    'database-not-ready | a migration stopped half-way at version 12',
  ],
  [
    "Error: EACCES: permission denied, open '/data/lock'",
    'permission-denied | permission was denied: "/data/lock"',
  ],
  [
    "PermissionError: [Errno 13] Permission denied: '/data/x'",
    'permission-denied | permission was denied: "/data/x"',
  ],
  ['mkdir /data/db: permission denied', 'permission-denied | permission was denied: "/data/db"'],
  [
    'listen tcp :80: bind: permission denied',
    'permission-denied | it may not listen on a port below 1024',
  ],
  [
    'sh: /entrypoint.sh: Permission denied',
    'permission-denied | permission was denied: "/entrypoint.sh"',
  ],
  [
    'touch: /x: Read-only file system',
    'read-only-file-system | a file on a read-only file system was to be written: "/x"',
  ],
  [
    "Error: EROFS: read-only file system, open '/app/cache.json'",
    'read-only-file-system | a file on a read-only file system was to be written: "/app/cache.json"',
  ],
  ['write /var/lib/x: no space left on device', 'no-space | there is no space left on a disk'],
  ['accept tcp [::]:80: accept4: too many open files', 'too-many-files | too many files are open'],
  [
    'exec /bin/server: exec format error',
    'cannot-execute | the program was built for another architecture, or has no #! line',
  ],
  ['sh: gunicorn: not found', 'cannot-execute | a command does not exist: "gunicorn"'],
  [
    '/bin/bash: line 1: java: command not found',
    'cannot-execute | a command does not exist: "java"',
  ],
  [
    'exec /run.py: no such file or directory',
    'file-not-found | a program, or the interpreter its first line names, does not exist: "/run.py"',
  ],
  [
    "Error: ENOENT: no such file or directory, open '/etc/app/config.yaml'",
    'file-not-found | a file does not exist: "/etc/app/config.yaml"',
  ],
  [
    'open /etc/app/config.yaml: no such file or directory',
    'file-not-found | a file does not exist: "/etc/app/config.yaml"',
  ],
  [
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
    'out-of-heap | the JavaScript heap is out of memory',
  ],
  [
    'java.lang.OutOfMemoryError: Java heap space',
    'out-of-heap | the JVM is out of memory (Java heap space)',
  ],
  [
    'PHP Fatal error:  Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes)',
    'out-of-heap | PHP reached its memory_limit',
  ],
  ['memory allocation of 8589934592 bytes failed', 'out-of-heap | the program got no memory'],
  [
    "terminate called after throwing an instance of 'std::bad_alloc'",
    'out-of-heap | the program got no memory',
  ],
  [
    "KeyError: 'DATABASE_URL'",
    'bad-configuration | the environment variable "DATABASE_URL" is not set',
  ],
  [
    'Error: environment variable DATABASE_URL is not set',
    'bad-configuration | the environment variable "DATABASE_URL" is not set',
  ],
  [
    'missing required environment variable: API_TOKEN_FILE',
    'bad-configuration | the environment variable "API_TOKEN_FILE" is not set',
  ],
  [
    'DATABASE_URL must be set',
    'bad-configuration | the environment variable "DATABASE_URL" is not set',
  ],
  ['unknown flag: --http2', 'bad-configuration | the argument "--http2" is not known'],
  [
    'flag provided but not defined: -verbose',
    'bad-configuration | the flag "-verbose" is not known',
  ],
  [
    'app.py: error: unrecognized arguments: --fast',
    'bad-configuration | the argument "--fast" is not known',
  ],
  [
    'nginx: [emerg] unknown directive "lsten" in /etc/nginx/nginx.conf:4',
    'bad-configuration | nginx does not take its configuration: unknown directive "lsten" in /etc/nginx/nginx.conf:4',
  ],
  [
    'error: yaml: line 12: did not find expected key',
    'bad-configuration | a configuration file cannot be parsed',
  ],
  [
    'SyntaxError: Unexpected token } in JSON at position 31',
    'bad-configuration | a text that should be JSON cannot be parsed',
  ],
  [
    'pods is forbidden: User "system:serviceaccount:shop:web" cannot list resource "pods" in API group "" at the cluster scope',
    'kubernetes-forbidden | "system:serviceaccount:shop:web" may not list pods in Kubernetes',
  ],
  [
    'no matches for kind "Certificate" in version "cert-manager.io/v1"',
    'kubernetes-forbidden | the cluster does not know Certificate of cert-manager.io/v1: a CustomResourceDefinition is missing',
  ],
  [
    'E1121 leaderelection.go:340] leaderelection lost',
    'lease-lost | it lost its leader lease and ended itself',
  ],
  [
    'Resource temporarily unavailable: could not obtain lock on database',
    'lock-held | another process holds the lock it needs',
  ],
];

describe('a line of a log', () => {
  for (const [line, expected] of lines) {
    test(`says: ${expected}`, () => {
      assert.equal(said(`starting\n${line}\n`), expected);
    });
  }

  test('of every signature is known by at least one of these tests', () => {
    const tested = new Set(lines.map(([, expected]) => expected.split(' | ')[0]));
    assert.deepEqual(
      logSignatures.map(({ name }) => name).filter((name) => !tested.has(name)),
      [],
    );
  });
});

/** An exception that nobody caught, as each runtime prints it. */
const traces: readonly (readonly [string, string, string])[] = [
  [
    'node',
    "TypeError: Cannot read properties of undefined (reading 'id')",
    `/app/server.js:12
  return user.id;
              ^

TypeError: Cannot read properties of undefined (reading 'id')
    at Object.lookup (/app/node_modules/orm/index.js:3:5)
    at handler (/app/server.js:12:15)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)

Node.js v24.1.0
`,
  ],
  [
    'python',
    'ValueError: bad port',
    `Traceback (most recent call last):
  File "/usr/lib/python3.11/site-packages/flask/app.py", line 2, in run
    main()
  File "/app/main.py", line 10, in <module>
    raise ValueError("bad port")
ValueError: bad port
`,
  ],
  [
    'java',
    'com.acme.BootException: no tenant',
    `Exception in thread "main" java.lang.IllegalStateException: boot failed
\tat org.springframework.boot.SpringApplication.run(SpringApplication.java:300)
\tat com.acme.Main.main(Main.java:14)
Caused by: com.acme.BootException: no tenant
\tat com.acme.Boot.start(Boot.java:22)
\t... 2 more
`,
  ],
  [
    'go',
    'panic: runtime error: invalid memory address or nil pointer dereference',
    `panic: runtime error: invalid memory address or nil pointer dereference
[signal SIGSEGV: segmentation violation code=0x1 addr=0x0 pc=0x47b]

goroutine 1 [running]:
main.load(...)
\t/src/app/load.go:14
main.main()
\t/src/app/main.go:9 +0x1d
exit status 2
`,
  ],
  [
    'rust',
    'panic: called `Option::unwrap()` on a `None` value',
    `thread 'main' panicked at src/main.rs:4:37:
called \`Option::unwrap()\` on a \`None\` value
note: run with \`RUST_BACKTRACE=1\` environment variable to display a backtrace
`,
  ],
  [
    'dotnet',
    'System.InvalidOperationException: no tenant',
    `Unhandled exception. System.InvalidOperationException: no tenant
   at System.Linq.ThrowHelper.ThrowNoElementsException()
   at Acme.Program.Main(String[] args) in /src/Program.cs:line 7
`,
  ],
  [
    'ruby',
    'RuntimeError: no tenant',
    `/app/boot.rb:3:in \`start': no tenant (RuntimeError)
\tfrom /usr/lib/ruby/gems/3.2/rack.rb:9:in \`call'
\tfrom /app/main.rb:1:in \`<main>'
`,
  ],
  [
    'php',
    'Exception: no tenant in /app/boot.php:3',
    `PHP Fatal error:  Uncaught Exception: no tenant in /app/boot.php:3
Stack trace:
#0 /app/index.php(4): boot()
#1 {main}
  thrown in /app/boot.php on line 3
`,
  ],
];

describe('a stack trace', () => {
  for (const [runtime, message, text] of traces) {
    test(`of ${runtime} gives its last cause and the frame of the program`, () => {
      const [first] = read(`listening\n${text}`);
      assert.equal(first?.runtime, runtime);
      assert.ok(
        (first.summary.startsWith('panic') ? first.summary : first.summary).includes(message),
        first.summary,
      );
      assert.doesNotMatch(
        first.lines.join('\n'),
        /node_modules|site-packages|springframework|System\.Linq|gems/,
      );
    });
  }

  test('shows the innermost frame of the own code beside its message', () => {
    const [, , node = ''] = traces[0] ?? [];
    assert.deepEqual(read(node)[0]?.lines, [
      "TypeError: Cannot read properties of undefined (reading 'id')",
      'at handler (/app/server.js:12:15)',
    ]);
  });

  test('whose message is a known cause is that cause, with the runtime', () => {
    const [first] = read(
      "Error: connect ECONNREFUSED 10.0.0.7:5432\n    at main (/app/a.js:2:81) {\n  code: 'ECONNREFUSED'\n}\n",
    );
    assert.equal(first?.signature, 'connection-refused');
    assert.equal(first.target, '10.0.0.7:5432');
    assert.equal(first.runtime, 'node');
  });
});

describe('reading a log', () => {
  test('what is said at the end outranks what was said long before', () => {
    const noise = 'GET / 200\n'.repeat(200);
    assert.match(
      said(`listen tcp :1: bind: address already in use\n${noise}unknown flag: --a\n`),
      /^bad-conf/,
    );
  });

  test('a cause outranks the symptom beside it', () => {
    assert.match(
      said('connection refused\npassword authentication failed for user "a"\n'),
      /^auth/,
    );
    assert.match(
      said('password authentication failed for user "a"\nconnection refused\n'),
      /^auth/,
    );
  });

  test('structured lines are read by their message, error and stack', () => {
    const line = JSON.stringify({
      level: 'fatal',
      msg: 'boot failed',
      err: {
        message: 'connect ECONNREFUSED 10.0.0.7:5432',
        stack: 'Error: x\n    at main (/app/a.js:1:1)',
      },
    });
    assert.equal(said(line), 'connection-refused | the connection was refused by 10.0.0.7:5432');
  });

  test('the last words stand in where nothing is known, and ordinary lines say nothing', () => {
    assert.equal(said('ready\nsnapshot failed\n'), 'last-words | it said "snapshot failed"');
    assert.equal(said('starting\nlistening on :8080\nGET / 200\n'), '');
    assert.equal(said(''), '');
  });

  test('colours and carriage returns do not hide a line', () => {
    assert.match(
      said('\u001b[31mError: connect ECONNREFUSED 10.0.0.7:5432\u001b[0m\r\n'),
      /^connection-refused/,
    );
  });

  test('secrets are not quoted', () => {
    const [first] = read(
      'dial postgres://app:hunter22@db:5432/x failed: connection refused password=hunter22\n',
    );
    assert.doesNotMatch(JSON.stringify(first), /hunter22/);
    assert.match(first?.lines.join('') ?? '', /\[redacted\]/);
  });

  test('the line is counted in the log as it was given, however long', () => {
    const [first] = read(`${'x\n'.repeat(400_000)}listen tcp :80: bind: permission denied\n`);
    assert.equal(first?.line, 400_000);
  });

  test('quotes little of a long line and looks at no more than its beginning', () => {
    const [first] = read(`permission denied ${'a'.repeat(100_000)}\n`);
    assert.ok((first?.lines[0]?.length ?? 0) <= 300);
    assert.equal(said(`${'a'.repeat(5_000)} connection refused\n`), '');
  });
});

describe('a hostile log', () => {
  const hostile = [
    'a'.repeat(300_000),
    'a.'.repeat(150_000),
    `${'('.repeat(2_000)}\n`.repeat(100),
    `${'Error: '.repeat(300)}\n`.repeat(300),
    `${'at a (b:1:1) '.repeat(150)}\n`.repeat(600),
    `${'Caused by: a.b.C: '.repeat(110)}\n`.repeat(600),
    `${'[1:1]:'.repeat(330)}\n`.repeat(600),
    `{"msg":${'['.repeat(30_000)}\n`,
    `{"msg":{"msg":"${'\\n'.repeat(9_000)}"}}\n`.repeat(10),
    `${'MISSING_'.repeat(240)}\n`.repeat(600),
    `${'\'"`'.repeat(600)}\n`.repeat(600),
    `${'dial tcp '.repeat(220)}\n`.repeat(600),
    '\u001b]0;'.repeat(60_000),
    'eyJ-eyJ-'.repeat(30_000),
    '-----BEGIN PRIVATE KEY-----\n'.repeat(2_000),
  ];
  for (const [index, text] of hostile.entries()) {
    test(`of kind ${String(index + 1)} is read to its end`, { timeout: 60_000 }, () => {
      assert.ok(read(text).length <= 3);
    });
  }

  test('whatever it holds, gives bounded and printable excerpts', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom(...lines.map(([line]) => line))),
        ),
        (parts) => {
          for (const { lines: shown, summary } of read(parts.join('\n'))) {
            for (const text of [...shown, summary]) {
              assert.ok(text.length <= 300);
              // eslint-disable-next-line no-control-regex -- control characters are what is looked for
              assert.doesNotMatch(text, /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202e]/);
            }
          }
        },
      ),
    );
  });
});

describe('what a kubelet answers in place of a log', () => {
  const answers = [
    'unable to retrieve container logs for containerd://b5a1b92dc3543eae1b09ece102a939b7',
    'unable to retrieve container logs for cri-o://b5a1b92dc3543eae1b09ece102a939b7\n',
    'failed to try resolving symlinks in path "/var/log/pods/a_b_c/app/1.log": lstat /var/log/pods/a_b_c/app/1.log: no such file or directory',
  ];
  for (const answer of answers) {
    test(`is not taken for words of the program: ${answer.slice(0, 50)}…`, () => {
      assert.deepEqual(read(answer), []);
    });
    test(`is a line like any other among others: ${answer.slice(0, 50)}…`, () => {
      assert.equal(read(`collecting logs\n${answer}\n`).length, 1);
    });
  }
});
