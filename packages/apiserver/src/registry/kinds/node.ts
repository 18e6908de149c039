import type { Strategy } from '../../contracts.ts';
import { setOrDelete } from '../../metadata/system-metadata.ts';
import { ensureObject, setDefault } from '../json-read.ts';

/** Members of a node's status that are never absent. */
const EMPTY_NODE_INFO = {
  machineID: '',
  systemUUID: '',
  bootID: '',
  kernelVersion: '',
  osImage: '',
  containerRuntimeVersion: '',
  kubeletVersion: '',
  kubeProxyVersion: '',
  operatingSystem: '',
  architecture: '',
};

/** The behaviour of nodes. A kubelet registers itself with a status, so creation keeps it. */
export const node: Partial<Strategy> = {
  applyDefaults(object) {
    ensureObject(object, 'spec');
    const status = ensureObject(object, 'status');
    const endpoints = ensureObject(status, 'daemonEndpoints');
    setDefault(ensureObject(endpoints, 'kubeletEndpoint'), 'Port', 0);
    status['nodeInfo'] = { ...EMPTY_NODE_INFO, ...ensureObject(status, 'nodeInfo') };
    if (status['capacity'] !== undefined) setDefault(status, 'allocatable', status['capacity']);
  },
  prepareForCreate: () => undefined,
  prepareForUpdate: (object, old) => setOrDelete(object, 'status', old['status']),
};
