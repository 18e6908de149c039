import { quoted, type LogSignature } from '../signature.ts';

/** A database, or another service, that does not let the program in. */
export const authenticationFailed: LogSignature = {
  name: 'authentication-failed',
  weight: 3,
  patterns: [
    {
      match: /password authentication failed(?: for user "([^"]{1,120})")?/,
      means: (user = '') => refused(user),
    },
    { match: /Access denied for user '([^']{1,120})'/, means: (user = '') => refused(user) },
    {
      match: /role "([^"]{1,120})" does not exist|role "([^"]{1,120})" is not permitted to log in/,
      means: (user = '', other = '') => refused(user || other),
    },
    { match: /no pg_hba\.conf entry for host/, means: () => refused('') },
    { match: /Login failed for user '([^']{1,120})'/, means: (user = '') => refused(user) },
    { match: /ORA-01017/, means: () => refused('') },
    {
      match: /\b(?:NOAUTH|WRONGPASS)\b/,
      means: () => ({ summary: 'Redis refused the credentials' }),
    },
    {
      match: /(?:MongoServerError|MongoError)[^\n]{0,60}Authentication failed/,
      means: () => ({ summary: 'MongoDB refused the credentials' }),
    },
    {
      match: /ACCESS_REFUSED - Login was refused/,
      means: () => ({ summary: 'the message broker refused the credentials' }),
    },
    {
      match:
        /(?:status|code|HTTP|response)[^\n]{0,20}\b401\b[^\n]{0,40}|[Uu]nauthorized: |InvalidAccessKeyId|SignatureDoesNotMatch|InvalidClientTokenId|ExpiredToken/,
      means: () => ({ summary: 'a service refused the credentials' }),
    },
  ],
  advice:
    'Compare the Secret that the container reads with what the service expects; was one of them rotated?',
};

function refused(user: string): { summary: string } {
  return {
    summary: `the database refused the credentials${user === '' ? '' : ` of user ${quoted(user)}`}`,
  };
}

/** A database that is reached and does not hold what is expected. */
export const databaseNotReady: LogSignature = {
  name: 'database-not-ready',
  weight: 3,
  patterns: [
    {
      match: /database "([^"]{1,120})" does not exist|Unknown database '([^']{1,120})'/,
      means: (name = '', other = '') => ({
        summary: `the database ${quoted(name || other)} does not exist`,
        target: name || other,
      }),
    },
    {
      match:
        /relation "?([\w.]{1,120})"? does not exist|Table '([\w.]{1,120})' doesn't exist|no such table: ([\w.]{1,120})/,
      means: (name = '', other = '', third = '') => ({
        summary: `the table ${quoted(name || other || third)} does not exist`,
        target: name || other || third,
      }),
    },
    {
      match:
        /column "?([\w.]{1,120})"? (?:of relation "?[\w.]{1,120}"? )?does not exist|Unknown column '([\w.]{1,120})'/,
      means: (name = '', other = '') => ({
        summary: `the column ${quoted(name || other)} does not exist`,
        target: name || other,
      }),
    },
    {
      match: /the database system is (starting up|shutting down|in recovery mode)/,
      means: (state = '') => ({ summary: `the database is ${state}` }),
    },
    {
      match: /too many (?:clients|connections)|remaining connection slots are reserved/i,
      means: () => ({ summary: 'the database has no connection left' }),
    },
    {
      match:
        /[Cc]ommunications link failure|MongoServerSelectionError|MongoNetworkError|could not connect to server|cannot reach database|could not connect to (?:the )?database|[Ff]ailed to connect to (?:the )?database|[Dd]atabase (?:is )?(?:unreachable|unavailable)/,
      means: () => ({ summary: 'the database cannot be reached' }),
    },
    {
      match: /[Dd]irty database version (\d{1,20})/,
      means: (version = '') => ({ summary: `a migration stopped half-way at version ${version}` }),
    },
    {
      match: /(?:migration|migrate)[^\n]{0,80}(?:failed|error)/i,
      means: () => ({ summary: 'a migration of the database failed' }),
    },
    {
      match:
        /data directory[^\n]{0,120}(?:not empty|wrong ownership|invalid permissions)|database files are incompatible with server/,
      means: () => ({ summary: 'the data directory is not what the database expects' }),
    },
  ],
  advice:
    'Look at the database: is it up, was it created and migrated, does it still take connections?',
};
