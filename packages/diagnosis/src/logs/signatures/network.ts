import { quoted, type LineMeaning, type LogSignature } from '../signature.ts';

const endpoint = String.raw`(\[?[\w.:-]{1,120}\]?:\d{1,5})`;

function toward(verb: string): (target?: string) => LineMeaning {
  return (target) =>
    target === undefined || target === ''
      ? { summary: verb }
      : { summary: `${verb} by ${target}`, target };
}

/** Nobody listens where the program connects to. */
export const connectionRefused: LogSignature = {
  name: 'connection-refused',
  weight: 2,
  patterns: [
    { match: new RegExp(`ECONNREFUSED ${endpoint}`), means: toward('the connection was refused') },
    {
      match: new RegExp(`dial (?:tcp|udp)[46]? ${endpoint}: connect: connection refused`),
      runtime: 'go',
      means: toward('the connection was refused'),
    },
    {
      match: new RegExp(`${endpoint}[^\\n]{0,80}[Cc]onnection refused`),
      means: toward('the connection was refused'),
    },
    {
      match:
        /connection to server at "([^"]{1,120})"[^\n]{0,60}, port (\d{1,5}) failed: Connection refused/,
      means: (host = '', port = '') => toward('the connection was refused')(`${host}:${port}`),
    },
    {
      match: /Can't connect to (?:MySQL|MariaDB) server on '([^']{1,120})'[^\n]{0,10}\((?:111|61)/,
      means: toward('the connection was refused'),
    },
    {
      match: /[Cc]onnection refused|ECONNREFUSED/,
      means: () => ({ summary: 'a connection was refused' }),
    },
  ],
  advice:
    'Is the service up, does its Service have ready endpoints, is the port right? Let the program wait and try again instead of ending.',
};

/** A name that cannot be resolved. */
export const nameNotResolved: LogSignature = {
  name: 'name-not-resolved',
  weight: 2,
  patterns: [
    {
      match: /getaddrinfo (?:ENOTFOUND|EAI_AGAIN) ([\w.-]{1,253})/,
      runtime: 'node',
      means: (host = '') => unresolved(host),
    },
    {
      match:
        /lookup ([\w.-]{1,253})(?: on [\d.:]{1,60})?: (?:no such host|server misbehaving|i\/o timeout|Temporary failure)/,
      runtime: 'go',
      means: (host = '') => unresolved(host),
    },
    {
      match: /UnknownHostException: ([\w.-]{1,253})/,
      runtime: 'java',
      means: (host = '') => unresolved(host),
    },
    {
      match: /could not translate host name "([^"]{1,253})"/,
      means: (host = '') => unresolved(host),
    },
    { match: /Could not resolve host: ([\w.-]{1,253})/, means: (host = '') => unresolved(host) },
    {
      match: /host not found in upstream "([^"]{1,253})"/,
      means: (host = '') => unresolved(host),
    },
    { match: /bad address '([^']{1,253})'/, means: (host = '') => unresolved(host) },
    {
      match:
        /Name or service not known|Temporary failure in name resolution|Name does not resolve|nodename nor servname provided|No such host is known/,
      means: () => ({ summary: 'a host name could not be resolved' }),
    },
  ],
  advice:
    'Is the name right, namespace included, and does the Service exist? If many pods say so, look at the cluster’s DNS.',
};

function unresolved(host: string): LineMeaning {
  return { summary: `the host name ${quoted(host)} could not be resolved`, target: host };
}

/** An answer that did not come. */
export const connectionTimeout: LogSignature = {
  name: 'connection-timeout',
  weight: 2,
  patterns: [
    {
      match: new RegExp(`(?:dial (?:tcp|udp)[46]? |ETIMEDOUT )${endpoint}`),
      means: (target = '') => ({ summary: `no answer came from ${target}`, target }),
    },
    {
      match:
        /ETIMEDOUT|[Cc]onnection timed out|connect timed out|Operation timed out|SocketTimeoutException|ConnectTimeoutError|i\/o timeout/,
      means: () => ({ summary: 'a connection timed out' }),
    },
    {
      match: /context deadline exceeded/,
      runtime: 'go',
      means: () => ({ summary: 'an answer did not come in time' }),
    },
    {
      match: /EHOSTUNREACH|ENETUNREACH|No route to host|[Nn]etwork is unreachable/,
      means: () => ({ summary: 'a host cannot be reached' }),
    },
  ],
  advice:
    'A network policy, a wrong address or an overloaded service swallows the connection: try it from a pod beside this one.',
};

/** The port is taken. */
export const addressInUse: LogSignature = {
  name: 'address-in-use',
  weight: 3,
  patterns: [
    {
      match: /EADDRINUSE:? (?:address already in use )?([\w.:[\]*-]{1,60}\d)/,
      runtime: 'node',
      means: (target = '') => inUse(target),
    },
    {
      match: /listen (?:tcp|udp)[46]? ([\w.:[\]*-]{0,60}:\d{1,5}): bind: address already in use/,
      runtime: 'go',
      means: (target = '') => inUse(target),
    },
    {
      match: /bind\(\) to ([\w.:[\]*-]{1,60}) failed \(98/,
      means: (target = '') => inUse(target),
    },
    {
      match: /Web server failed to start\. Port (\d{1,5}) was already in use/,
      runtime: 'java',
      means: (port = '') => inUse(`:${port}`),
    },
    {
      match:
        /[Aa]ddress already in use|EADDRINUSE|Address in use|Only one usage of each socket address/,
      means: () => ({ summary: 'the address it listens on is already in use' }),
    },
  ],
  advice:
    'Another container of the pod, or another process in this one, listens on the port already: give one of them another port.',
};

function inUse(target: string): LineMeaning {
  return { summary: `${target} is already in use`, target };
}

/** Certificates that do not hold. */
export const tlsFailure: LogSignature = {
  name: 'tls-failure',
  weight: 3,
  patterns: [
    {
      match: /(x509: [^\n"]{1,160})/,
      runtime: 'go',
      means: (text = '') => ({ summary: `TLS failed: ${text}` }),
    },
    {
      match: /certificate has expired|CERT_HAS_EXPIRED|certificate expired/,
      means: () => ({ summary: 'a certificate has expired' }),
    },
    {
      match:
        /CERTIFICATE_VERIFY_FAILED|unable to verify the first certificate|UNABLE_TO_VERIFY_LEAF_SIGNATURE|self[- ]signed certificate|DEPTH_ZERO_SELF_SIGNED_CERT|PKIX path building failed|certificate verify failed/,
      means: () => ({ summary: 'a certificate could not be verified' }),
    },
    {
      match:
        /(?:tls|ssl)[^\n]{0,40}(?:handshake failure|bad certificate|wrong version number|unknown authority)/i,
      means: () => ({ summary: 'a TLS handshake failed' }),
    },
  ],
  advice:
    'Which certificate, of which host, signed by whom? Renew it, or give the program the right authority.',
};
