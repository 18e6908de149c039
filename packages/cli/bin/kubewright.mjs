#!/usr/bin/env node
process.stderr.write('kubewright: no command yet\n');
process.exitCode = 2;
