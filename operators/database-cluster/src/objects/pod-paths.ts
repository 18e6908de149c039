/** Port of the agent's probes. */
export const agentPort = 8008;
/** Port of the metrics of a server. */
export const metricsPort = 9187;
/** Where agent and entry program talk. */
export const controlPath = '/control';
/** Where the entry program is mounted. */
export const scriptsPath = '/scripts';
/** Where the Secrets are mounted. */
export const secretsPath = '/secrets';
/** Where the data is mounted. */
export const dataPath = '/var/lib/postgresql/data';
