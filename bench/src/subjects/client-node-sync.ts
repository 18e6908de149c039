import { CoreV1Api, KubeConfig, makeInformer } from '@kubernetes/client-node';
import { measure, sizeArgument } from './measurement.ts';

const size = sizeArgument();
const config = new KubeConfig();
config.loadFromDefault();
const core = config.makeApiClient(CoreV1Api);
const informer = makeInformer(config, '/api/v1/pods', () => core.listPodForAllNamespaces());
await measure('@kubernetes/client-node', 'sync', size, () => informer.start());
if (informer.list().length !== size) throw new Error(`${informer.list().length} pods, not ${size}`);
await informer.stop();
