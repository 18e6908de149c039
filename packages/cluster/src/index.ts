export { ClusterFolderError } from './cluster-folder.ts';
export { EmbeddedCluster, nodeName, type EmbeddedClusterOptions } from './embedded-cluster.ts';
export type {
  Image,
  ImageMap,
  ImageUser,
  KubeletSettings,
  ProcessImage,
  ScriptedExec,
  ScriptedHealth,
  ScriptedImage,
  ScriptedLife,
} from './kubelet/index.ts';
export { isAtRest, isSettled, type Followed, type ObservedManager } from './testing/at-rest.ts';
export { CountedTransport } from './testing/counted-transport.ts';
export { CutTransport, type Cut } from './testing/cut-transport.ts';
export { freePort } from './testing/free-port.ts';
export {
  startTestEnvironment,
  TestEnvironmentError,
  testEnvironmentKinds,
  type TestEnvironmentOptions,
} from './testing/start-test-environment.ts';
export type {
  Capabilities,
  InjectedTestFault,
  TestEnvironment,
  TestEnvironmentKind,
  TestFault,
  TestFaultEffect,
  TestFaults,
  TestUser,
} from './testing/test-environment.ts';
export { untilPermitted, type Permitted } from './testing/until-permitted.ts';
export { untilServed } from './testing/until-served.ts';
