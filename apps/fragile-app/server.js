/**
 * The app that crashes on purpose. `/` greets and counts; after more than five greetings the process sends itself
 * SIGTERM, lets running answers finish and ends with exit code 0. `/health` answers OK and does not count.
 *
 * Plain JavaScript without dependencies: it goes into an image as it is, and runs as a local process just so.
 * `PORT` is the port to listen on: 80 unless set, 0 for any free one (the first line of output names it).
 */
import { createServer } from 'node:http';

/** Greetings before the end begins. */
const maxGreetings = 5;

/** How long running answers may take once the end has begun, in milliseconds. */
const graceMs = 5_000;

const port = readPort(process.env['PORT']);
let greetings = 0;
let isEnding = false;

const server = createServer((request, response) => {
  const path = (request.url ?? '/').split('?', 1)[0];
  response.setHeader('content-type', 'text/plain; charset=utf-8');
  // A connection kept alive would keep the process alive too.
  if (isEnding) response.setHeader('connection', 'close');

  if (path === '/health') {
    response.end('OK');
  } else if (path === '/') {
    greetings += 1;
    if (greetings > maxGreetings) {
      response.setHeader('connection', 'close');
      // 'close' comes also when the peer left before the answer was out; the signal is due in any case.
      response.once('close', endByOwnHand);
    }
    response.end(`Hello from the self-destructing app! ${String(greetings)}`);
  } else {
    response.statusCode = 404;
    response.end('Not found: here are / and /health\n');
  }
});

server.on('error', (error) => {
  console.error(`fragile-app: ${explain(error)}`);
  process.exitCode = 1;
});

// A handler is a must, not a nicety: the kernel drops a signal without one when the process is number 1 of a container.
process.on('SIGTERM', () => end('SIGTERM'));
process.on('SIGINT', () => end('SIGINT'));

server.listen(port, () => {
  const address = server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  console.log(`fragile-app: listening on port ${String(actual)}`);
});

function endByOwnHand() {
  if (isEnding) return;
  console.log(`fragile-app: ${String(greetings)} greetings are enough, sending SIGTERM to itself`);
  process.kill(process.pid, 'SIGTERM');
}

/** @param {string} signal */
function end(signal) {
  if (isEnding) return;
  isEnding = true;
  console.log(`fragile-app: ${signal}, letting running answers finish`);
  server.close(() => console.log('fragile-app: done'));
  server.closeIdleConnections();
  // Not unref'd connections but slow ones are cut; the timer itself keeps nothing alive.
  setTimeout(() => server.closeAllConnections(), graceMs).unref();
}

/** @param {string | undefined} text @returns {number} */
function readPort(text) {
  if (text === undefined || text === '') return 80;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 0 && value <= 65_535) return value;
  console.error(`fragile-app: PORT is "${text}", but must be a whole number from 0 to 65535`);
  process.exit(2);
}

/** @param {Error & { code?: string }} error @returns {string} */
function explain(error) {
  switch (error.code) {
    case 'EADDRINUSE':
      return `port ${String(port)} is taken by another program; stop it, or set PORT to another port`;
    case 'EACCES':
      return `this user may not listen on port ${String(port)}; set PORT to one above 1023`;
    default:
      return error.message;
  }
}
