import process from 'node:process';
import type { JsonObject } from '../contracts.ts';

/** The Kubernetes release whose behaviour the server follows. */
export const KUBERNETES_VERSION = '1.36.3';

const PLATFORMS: Readonly<Record<string, string>> = { win32: 'windows' };
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };

/**
 * `/version`. The name of this server follows a plus sign: as build metadata it does not count when clients compare
 * versions, while a hyphen would make every version a pre-release.
 */
export function serverVersion(): JsonObject {
  const [major = '', minor = ''] = KUBERNETES_VERSION.split('.');
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: `v${KUBERNETES_VERSION}+kubewright`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: `node${process.versions.node}`,
    compiler: 'v8',
    platform: `${PLATFORMS[process.platform] ?? process.platform}/${ARCHITECTURES[process.arch] ?? process.arch}`,
  };
}
