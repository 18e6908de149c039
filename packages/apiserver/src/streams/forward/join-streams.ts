import type { Duplex } from 'node:stream';

/** Resolves when a stream takes more bytes, or takes none ever again. */
function writable(target: Duplex): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      target.off('drain', done);
      target.off('close', done);
      resolve();
    };
    target.on('drain', done);
    target.on('close', done);
    if (target.destroyed) done();
  });
}

/**
 * Copies one direction. What ends is ended on the other side, what breaks is broken; a target that takes no more
 * ends this direction only, because what it has sent before may still be on its way in the other.
 */
async function copy(source: Duplex, target: Duplex): Promise<void> {
  try {
    // Leaving the loop must not destroy the source: the other direction may still write to it.
    for await (const piece of source.iterator({ destroyOnReturn: false })) {
      if (!target.writable) break;
      if (!target.write(piece)) await writable(target);
    }
  } catch {
    target.destroy();
    return;
  }
  if (target.writable) target.end();
  // Whatever still comes has nowhere to go, and must not hold up the connection around it.
  source.resume();
}

/** Resolves when nothing more can be read from a stream: it has ended, or is gone. */
function readToEnd(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.readableEnded || stream.destroyed) resolve();
    stream.once('end', resolve);
    stream.once('close', resolve);
  });
}

/** Resolves when nothing more can be written to a stream: all is handed over, or it is gone. */
function writtenToEnd(stream: Duplex): Promise<void> {
  return new Promise((resolve) => {
    if (stream.writableFinished || stream.destroyed) resolve();
    stream.once('finish', resolve);
    stream.once('close', resolve);
  });
}

/**
 * Joins a client to a pod: copies both ways, each direction ending for itself, until the pod has sent everything and
 * the client has it, or one of them is gone. Both are let go then. Slow readers slow the other side.
 */
export async function joinStreams(client: Duplex, pod: Duplex): Promise<void> {
  const ignore = () => undefined;
  client.on('error', ignore);
  pod.on('error', ignore);
  const copies = [copy(client, pod), copy(pod, client)];
  // A pod that has ended may go on listening: what the client still sends must reach it.
  await Promise.all([readToEnd(pod), writtenToEnd(client)]);
  await Promise.race([
    Promise.all([readToEnd(client), writtenToEnd(pod)]),
    new Promise((resolve) => {
      if (pod.destroyed) resolve(undefined);
      pod.once('close', resolve);
    }),
    new Promise((resolve) => {
      if (client.destroyed) resolve(undefined);
      client.once('close', resolve);
    }),
  ]);
  client.destroy();
  pod.destroy();
  await Promise.all(copies);
}
