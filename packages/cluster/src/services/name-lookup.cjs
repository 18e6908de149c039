'use strict';
// Loaded into the Node processes of containers (NODE_OPTIONS): their machine's resolver knows nothing of the cluster, so
// the names of Services and of pods are looked up in the hosts file that the node keeps for their namespace.
const dns = require('node:dns');
const { readFileSync } = require('node:fs');
const { syncBuiltinESMExports } = require('node:module');

const file = process.env.KUBEWRIGHT_HOSTS;
const inCluster = /\.svc(\.cluster\.local)?$/;

/** The addresses of a name; undefined for a name that is none of the cluster's. */
function addressesOf(hostname) {
  const name = hostname.toLowerCase().replace(/\.$/, '');
  let text = '';
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    // No Service in the namespace yet.
  }
  const found = text
    .split('\n')
    .map((line) => line.split(' '))
    .filter(([, ...names]) => names.includes(name))
    .map(([address]) => ({ address, family: 4 }));
  return found.length > 0 || inCluster.test(name) ? found : undefined;
}

function notFound(hostname) {
  const error = new Error(`getaddrinfo ENOTFOUND ${hostname}`);
  return Object.assign(error, {
    errno: -3008,
    code: 'ENOTFOUND',
    syscall: 'getaddrinfo',
    hostname,
  });
}

/** Whether the addresses of the cluster, all of IPv4, may be the answer. */
function wantsFamily4(options) {
  const family = typeof options === 'number' ? options : options?.family;
  return family !== 6 && family !== 'IPv6';
}

if (file) {
  const original = dns.lookup;
  const originalPromise = dns.promises.lookup;
  dns.lookup = function lookup(hostname, options, callback) {
    const done = typeof options === 'function' ? options : callback;
    const given = typeof options === 'function' ? {} : options;
    const found = typeof hostname === 'string' ? addressesOf(hostname) : undefined;
    if (found === undefined || typeof done !== 'function') {
      return original.apply(dns, arguments);
    }
    process.nextTick(() => {
      if (found.length === 0 || !wantsFamily4(given)) done(notFound(hostname));
      else if (given?.all) done(null, found);
      else done(null, found[0].address, 4);
    });
    return {};
  };
  dns.promises.lookup = async function lookup(hostname, options) {
    const found = typeof hostname === 'string' ? addressesOf(hostname) : undefined;
    if (found === undefined) return originalPromise.call(dns.promises, hostname, options);
    if (found.length === 0 || !wantsFamily4(options)) throw notFound(hostname);
    return options?.all ? found : found[0];
  };
  syncBuiltinESMExports();
}
