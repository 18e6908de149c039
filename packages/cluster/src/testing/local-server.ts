import { spawn, type ChildProcess } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CertificateAuthority, renderKubeconfig } from '@kubewright/apiserver';
import { Client, KubeConfig } from '@kubewright/client';
import { makeClusterFolder } from '../cluster-folder.ts';
import { Watchdog } from '../kubelet/runtime/watchdog.ts';
import { TcpForwarder } from '../services/tcp-forwarder.ts';
import { freePort } from './free-port.ts';

/** Longest the programs may take to answer, in milliseconds: they take seconds, but on a busy machine many. */
const startLimitMs = 180_000;
const pollMs = 100;
/** A program that does not end when asked is killed after this time, in milliseconds. */
const stopLimitMs = 10_000;
const dayMs = 86_400_000;

interface Ports {
  readonly etcd: number;
  readonly peer: number;
  readonly api: number;
}

/** The programs are not where they were looked for, or did not come up. */
export class LocalServerError extends Error {
  override readonly name = 'LocalServerError';
  readonly code = 'LOCAL_SERVER';
}

/** A variable that tells the processes of this one from those of others. */
const markVariable = 'KUBEWRIGHT_LOCAL_SERVER';

/**
 * etcd and kube-apiserver as processes of this one, with their state in a temporary folder.
 *
 * Guarantees: when this process is killed, with SIGKILL too, they end; their folder is removed by the next one that makes one.
 */
export class LocalServer implements AsyncDisposable {
  /** Kubeconfig of an administrator. */
  readonly kubeconfigPath: string;
  readonly #folder: string;
  readonly #assets: string;
  readonly #authority: CertificateAuthority;
  readonly #ports: Ports;
  /** What clients connect to: it passes connections on to kube-apiserver, and can cut them. */
  readonly #relay: TcpForwarder;
  readonly #watchdog: Watchdog;
  #etcd: ChildProcess | undefined;
  #apiServer: ChildProcess | undefined;

  private constructor(
    folder: string,
    assets: string,
    authority: CertificateAuthority,
    ports: Ports,
    relay: TcpForwarder,
  ) {
    this.#folder = folder;
    this.#assets = assets;
    this.#authority = authority;
    this.#ports = ports;
    this.#relay = relay;
    this.#watchdog = new Watchdog(`${markVariable}=${folder}`);
    this.kubeconfigPath = join(folder, 'kubeconfig');
  }

  /**
   * Starts both and waits until requests are answered.
   *
   * @param assets - Folder with `etcd` and `kube-apiserver`, as `KUBEBUILDER_ASSETS` names it.
   * @throws LocalServerError when a program is missing, ends, or does not answer within three minutes.
   */
  static async start(assets: string): Promise<LocalServer> {
    for (const program of ['etcd', 'kube-apiserver']) {
      await access(join(assets, program)).catch((cause: unknown) => {
        throw new LocalServerError(
          `${program} is not in ${assets}: set KUBEBUILDER_ASSETS to a folder with etcd and kube-apiserver`,
          { cause },
        );
      });
    }
    const folder = await makeClusterFolder();
    const authority = await CertificateAuthority.create('kubewright-test-ca');
    const ports = { etcd: await freePort(), peer: await freePort(), api: await freePort() };
    const apiServer = { host: '127.0.0.1', port: ports.api };
    const relay = await TcpForwarder.listen({ host: '127.0.0.1', port: 0 }, async () => apiServer);
    const server = new LocalServer(folder, assets, authority, ports, relay);
    server.#watchdog.start();
    try {
      await server.#prepare();
      server.#etcd = server.#spawn('etcd', server.#etcdFlags());
      await server.startApiServer();
      return server;
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Ends kube-apiserver; with SIGKILL when `isHard`. Its objects stay in etcd. */
  async stopApiServer(isHard: boolean): Promise<void> {
    await end(this.#apiServer, isHard);
    this.#apiServer = undefined;
  }

  /** Starts kube-apiserver and waits until it answers. */
  async startApiServer(): Promise<void> {
    const apiServer = this.#spawn('kube-apiserver', this.#apiServerFlags());
    this.#apiServer = apiServer;
    const client = await Client.fromKubeConfig(await KubeConfig.fromFile(this.kubeconfigPath));
    try {
      const deadline = Date.now() + startLimitMs;
      for (;;) {
        const failure = await client.raw({ method: 'GET', path: '/readyz' }).then(
          () => undefined,
          (error: unknown) => error,
        );
        if (failure === undefined) return;
        if (apiServer.exitCode !== null || this.#etcd?.exitCode !== null || Date.now() > deadline) {
          throw new LocalServerError(`kube-apiserver did not come up: ${await this.#lastWords()}`, {
            cause: failure,
          });
        }
        await new Promise((resolve) => setTimeout(resolve, pollMs));
      }
    } finally {
      await client.close();
    }
  }

  /** Cuts all connections to kube-apiserver, as a broken network would. */
  cutConnections(): void {
    this.#relay.disconnectAll();
  }

  /** Removes the history from etcd, and with a restart from the watch cache: older versions have expired. */
  async compact(): Promise<void> {
    const { header } = await this.#etcdCall<{ header: { revision: string } }>('range', {
      key: 'AA==',
    });
    await this.stopApiServer(true);
    await this.#etcdCall('compaction', { revision: header.revision, physical: true });
    await this.startApiServer();
  }

  /** etcd's JSON gateway: one call of its key-value service. */
  async #etcdCall<T>(method: string, body: object): Promise<T> {
    const answer = await fetch(`http://127.0.0.1:${this.#ports.etcd}/v3/kv/${method}`, {
      method: 'POST',
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new LocalServerError(`etcd refused ${method}: ${await answer.text()}`);
    return (await answer.json()) as T; // etcd documents the answer of each method
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#relay.close();
    await this.stopApiServer(false);
    await end(this.#etcd, false);
    this.#etcd = undefined;
    await this.#watchdog[Symbol.asyncDispose]();
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #prepare(): Promise<void> {
    const folder = this.#folder;
    await mkdir(join(folder, 'etcd'), { mode: 0o700 });
    const serving = await this.#authority.issueServer([
      '127.0.0.1',
      'localhost',
      'kubernetes.default.svc',
    ]);
    const admin = await this.#authority.issueClient({
      user: 'admin',
      groups: ['system:masters'],
      validityMs: dayMs,
    });
    const { privateKey, publicKey } = generateKeyPairSync('ec', {
      namedCurve: 'P-256',
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'sec1', format: 'pem' },
    });
    const files = {
      'ca.crt': this.#authority.certificate,
      'apiserver.crt': serving.certificate,
      'apiserver.key': serving.key,
      'service-account.key': privateKey,
      'service-account.pub': publicKey,
      kubeconfig: renderKubeconfig({
        server: `https://127.0.0.1:${this.#relay.address.port}`,
        caCertificate: this.#authority.certificate,
        user: 'admin',
        credential: { type: 'certificate', ...admin },
      }),
    };
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(folder, name), text, { mode: 0o600 });
    }
  }

  #etcdFlags(): string[] {
    const { etcd, peer } = this.#ports;
    const clients = `http://127.0.0.1:${etcd}`;
    const peers = `http://127.0.0.1:${peer}`;
    return [
      `--data-dir=${join(this.#folder, 'etcd')}`,
      `--listen-client-urls=${clients}`,
      `--advertise-client-urls=${clients}`,
      `--listen-peer-urls=${peers}`,
      `--initial-advertise-peer-urls=${peers}`,
      `--initial-cluster=default=${peers}`,
      '--unsafe-no-fsync', // the data of a test need not survive the machine
    ];
  }

  #apiServerFlags(): string[] {
    const file = (name: string): string => join(this.#folder, name);
    return [
      `--etcd-servers=http://127.0.0.1:${this.#ports.etcd}`,
      '--bind-address=127.0.0.1',
      `--secure-port=${this.#ports.api}`,
      `--cert-dir=${this.#folder}`,
      `--tls-cert-file=${file('apiserver.crt')}`,
      `--tls-private-key-file=${file('apiserver.key')}`,
      `--client-ca-file=${file('ca.crt')}`,
      `--service-account-key-file=${file('service-account.pub')}`,
      `--service-account-signing-key-file=${file('service-account.key')}`,
      '--service-account-issuer=https://kubernetes.default.svc',
      '--service-cluster-ip-range=10.0.0.0/24',
      '--authorization-mode=RBAC',
      '--allow-privileged=true', // as on nearly every cluster; levels of Pod Security decide
      // No controller makes the account that this admission asks for.
      '--disable-admission-plugins=ServiceAccount',
    ];
  }

  #spawn(program: string, flags: readonly string[]): ChildProcess {
    const log = createWriteStream(join(this.#folder, `${program}.log`), { flags: 'a' });
    const child = spawn(join(this.#assets, program), flags, {
      stdio: ['ignore', 'pipe', 'pipe'],
      // A process group of its own, which the watchdog ends.
      detached: true,
      env: { ...process.env, [markVariable]: this.#folder },
    });
    const { pid } = child;
    if (pid !== undefined) {
      this.#watchdog.add(pid);
      child.once('exit', () => {
        this.#watchdog.drop(pid);
      });
    }
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    child.once('exit', () => log.end());
    child.once('error', () => log.end()); // its exit code stays null; the wait for its answer ends by itself
    return child;
  }

  async #lastWords(): Promise<string> {
    const text = await readFile(join(this.#folder, 'kube-apiserver.log'), 'utf8').catch(() => '');
    return text.trim().split('\n').slice(-3).join(' | ');
  }
}

async function end(child: ChildProcess | undefined, isHard: boolean): Promise<void> {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(isHard ? 'SIGKILL' : 'SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs);
  await ended;
  clearTimeout(timer);
}
