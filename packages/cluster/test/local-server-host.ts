import { LocalServer } from '../src/testing/local-server.ts';

// Runs a local server with the programs of a folder until it is killed; tells where its kubeconfig is.
const server = await LocalServer.start(process.argv[2] ?? '');
process.stdout.write(`${server.kubeconfigPath}\n`);
