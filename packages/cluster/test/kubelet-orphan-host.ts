import { nodeProgram, startTestNode } from './kubelet-node.ts';

// Runs a node with one container until it is killed; the container calls back to the port it is given.
const port = process.argv[2] ?? '';
const folder = process.argv[3] ?? '';
const node = await startTestNode({}, {}, folder);
node.run({
  containers: [
    {
      name: 'app',
      image: 'node:24',
      ...nodeProgram(`
        const { spawn } = require('node:child_process');
        const call = "require('node:net').connect(${port}, '127.0.0.1')";
        require('node:net').connect(${port}, '127.0.0.1');
        spawn(process.execPath, ['-e', call], { detached: true, stdio: 'ignore' }).unref();
        process.on('SIGTERM', () => {});
      `),
    },
  ],
});
