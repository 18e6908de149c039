import type { Category } from '../../src/index.ts';
import { event, podOf } from './pods.ts';
import type { Specimen } from './specimen.ts';

const image = 'registry.shop.test/team/web:1.2';
const spec = { image };

function pull(
  name: string,
  message: string,
  category: Category,
  more: Partial<Specimen['expected'][number]> = {},
): Specimen {
  return {
    name,
    observation: podOf({
      status: { phase: 'Pending' },
      containers: [{ spec, waiting: { reason: 'ErrImagePull', message } }],
    }),
    expected: [{ category, container: 'app', severity: 'critical', confidence: 'high', ...more }],
  };
}

const containerd = `failed to pull and unpack image "${image}": failed to resolve image: `;
const backOff = { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` };

/** The words are those of docker (1.12 to 24), containerd (1.4 to 2.2) and CRI-O (1.18 to 1.33). */
export const imageSpecimens: readonly Specimen[] = [
  {
    name: 'the name of an image is a web address',
    observation: podOf({
      containers: [
        { spec, waiting: { reason: 'InvalidImageName', message: "couldn't parse image name" } },
      ],
    }),
    expected: [{ category: 'InvalidImageName', mode: 26, remediation: 'report-only' }],
  },
  pull(
    'docker refuses the name of an image',
    'rpc error: code = Unknown desc = Error response from daemon: invalid reference format: repository name must be lowercase',
    'InvalidImageName',
  ),
  {
    name: 'an image that may not be pulled is not on the node',
    observation: podOf({ containers: [{ spec, waiting: 'ErrImageNeverPull' }] }),
    expected: [{ category: 'ImageNeverPull', remediation: 'report-only' }],
  },
  {
    name: 'the runtime cannot read an image that it has',
    observation: podOf({ containers: [{ spec, waiting: 'ImageInspectError' }] }),
    expected: [{ category: 'ImageInspectError', says: /cannot read/ }],
  },
  {
    name: 'the signature policy of the node refuses an image',
    observation: podOf({
      containers: [
        {
          spec,
          waiting: {
            reason: 'SignatureValidationFailed',
            message:
              'SignatureValidationFailed: Source image rejected: A signature was required, but no signature exists',
          },
        },
      ],
    }),
    expected: [{ category: 'ImageInspectError', says: /signature policy/ }],
  },
  pull(
    'Docker Hub limits anonymous pulls',
    'rpc error: code = Unknown desc = Error response from daemon: toomanyrequests: You have reached your pull rate limit.',
    'ImagePullRateLimited',
    { remediation: 'none', mode: 22, rejected: ['ImagePullBackOff'] },
  ),
  pull(
    'a registry limits pulls, and containerd shows no body',
    `${containerd}unexpected status from HEAD request to https://registry.shop.test/v2/team/web/manifests/1.2: 429 Too Many Requests`,
    'ImagePullRateLimited',
  ),
  pull(
    'a registry limits what a token may be asked for',
    `${containerd}failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.shop.test/token?scope=a: 429 Too Many Requests`,
    'ImagePullRateLimited',
  ),
  pull('the kubelet limits its own pulls', 'pull QPS exceeded', 'ImagePullRateLimited'),
  pull(
    'the cloud limits what asks it for tokens',
    `${containerd}failed to authorize: ThrottlingException: Rate exceeded`,
    'ImagePullRateLimited',
  ),
  pull(
    'CRI-O asks for the registry of a short name',
    'short name mode is enforcing, but image name alpine:latest returns ambiguous list',
    'InvalidImageName',
    { rejected: ['ImagePullBackOff'] },
  ),
  {
    name: 'CRI-O asks for the registry of a short name when it looks for the image',
    observation: podOf({
      containers: [
        {
          spec,
          waiting: {
            reason: 'ImageInspectError',
            message:
              'Failed to inspect image "": rpc error: code = Unknown desc = short name mode is enforcing, but image name team/web:1.2 returns ambiguous list',
          },
        },
      ],
    }),
    expected: [{ category: 'ImageInspectError', says: /which registry/ }],
  },
  pull(
    'the policy of the node rejects an image',
    'Source image rejected: Running image docker://registry.shop.test/team/web:1.2 is rejected by policy.',
    'ImageInspectError',
    { says: /signature policy/ },
  ),
  pull(
    'the store of the node has lost a layer',
    `failed to pull and unpack image "${image}": failed to prepare extraction snapshot "extract-7 sha256:1": parent snapshot sha256:2 does not exist: not found`,
    'ImagePullBackOff',
    { mode: 24, remediation: 'report-only', says: /cannot unpack/, rejected: ['ImageNotFound'] },
  ),
  pull(
    'docker cannot unpack a layer',
    'failed to register layer: Error processing tar file(exit status 1): lchown /etc/gshadow: operation not permitted',
    'ImagePullBackOff',
    { mode: 24, says: /cannot unpack/ },
  ),
  pull(
    'a tag of Quay has expired',
    'initializing source docker://registry.shop.test/team/web:1.2: reading manifest 1.2: unknown: Tag 1.2 was deleted or has expired. To pull, revive via time machine',
    'ImageNotFound',
  ),
  pull(
    'a pull was cancelled',
    `rpc error: code = Canceled desc = failed to pull and unpack image "${image}": context canceled`,
    'RegistryUnreachable',
  ),
  pull(
    'CRI-O has no valid login',
    'unable to retrieve auth token: invalid username/password',
    'ImagePullUnauthorized',
  ),
  pull(
    'the disk of the node is full',
    `failed to pull and unpack image "${image}": failed to extract layer sha256:1: write /var/lib/containerd/x: no space left on device: unknown`,
    'ImagePullNodeDiskFull',
    { mode: 24 },
  ),
  pull(
    'a layer is not what its digest says',
    `rpc error: code = FailedPrecondition desc = failed to pull and unpack image "${image}": failed commit on ref "layer-sha256:1": unexpected commit digest sha256:2, expected sha256:1: failed precondition`,
    'ImagePullBackOff',
    { mode: 24, says: /damaged/ },
  ),
  pull(
    'a layer is cut',
    `failed to pull and unpack image "${image}": failed to copy: short read: expected 900 bytes but got 30: unexpected EOF`,
    'ImagePullBackOff',
    { mode: 24 },
  ),
  pull(
    'the name of the registry is not known',
    `failed to pull and unpack image "${image}": failed to resolve reference "${image}": failed to do request: Head "https://registry.shop.test/v2/team/web/manifests/1.2": dial tcp: lookup registry.shop.test on 10.96.0.10:53: no such host`,
    'RegistryUnreachable',
    { mode: 23, remediation: 'none', notRejected: ['ImagePullUnauthorized', 'ImageNotFound'] },
  ),
  pull(
    'the certificate of the registry is not trusted',
    'rpc error: code = Unknown desc = Error response from daemon: Get https://registry.shop.test/v2/: x509: certificate signed by unknown authority',
    'RegistryUnreachable',
  ),
  pull(
    'the server of tokens does not answer',
    `${containerd}failed to authorize: failed to fetch oauth token: Post "https://auth.shop.test/token": dial tcp 10.0.0.1:443: i/o timeout`,
    'RegistryUnreachable',
  ),
  pull(
    'CRI-O finds nobody at the address of the registry',
    `pinging container registry registry.shop.test: Get "https://registry.shop.test/v2/": dial tcp 10.0.0.1:443: connect: connection refused`,
    'RegistryUnreachable',
  ),
  {
    name: 'CRI-O says that the registry is unavailable',
    observation: podOf({ containers: [{ spec, waiting: 'RegistryUnavailable' }] }),
    expected: [{ category: 'RegistryUnreachable', says: /does not answer/ }],
  },
  pull(
    'the registry fails by itself',
    `${containerd}unexpected status from HEAD request to http://127.0.0.1:5980/v2/shop/broken/manifests/1: 503 Service Unavailable`,
    'RegistryUnreachable',
  ),
  pull(
    'the registry refuses the reader, with an error page of its server',
    'rpc error: code = Unknown desc = Error response from daemon: unauthorized: authentication required: 500 Internal Server Error',
    'ImagePullUnauthorized',
  ),
  pull(
    'the registry does not know the image, and its server answers oddly',
    `${containerd}manifest unknown: 500 Internal Server Error`,
    'ImageNotFound',
  ),
  pull(
    'docker may not pull an image',
    `rpc error: code = Unknown desc = Error response from daemon: pull access denied for ${image}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
    'ImagePullUnauthorized',
    {
      mode: 21,
      remediation: 'report-only',
      rejected: ['ImageNotFound', 'RegistryUnreachable'],
      says: /no pull secrets of its own/,
    },
  ),
  pull(
    'docker of old does not tell what is missing from what may not be read',
    'rpc error: code = Unknown desc = repository shop/secret not found: does not exist or no pull access',
    'ImagePullUnauthorized',
  ),
  pull(
    'a registry asks for a name',
    `${containerd}unexpected status from HEAD request: unknown: Authentication is required`,
    'ImagePullUnauthorized',
  ),
  pull(
    'a token is refused',
    `${containerd}failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://auth.shop.test/token: 401 Unauthorized`,
    'ImagePullUnauthorized',
  ),
  pull(
    'CRI-O may not read a manifest',
    `reading manifest 1.2 in ${image}: unauthorized: access to the requested resource is not authorized`,
    'ImagePullUnauthorized',
  ),
  pull('a cloud registry has no login', 'no basic auth credentials', 'ImagePullUnauthorized'),
  pull(
    'the program that knows the login is not on the node',
    'error getting credentials - err: exec: "docker-credential-shop": executable file not found in $PATH',
    'ImagePullUnauthorized',
  ),
  {
    name: 'a pull secret is missing, and the answer of the registry is gone',
    observation: podOf({
      spec: { imagePullSecrets: [{ name: 'regcred' }] },
      containers: [{ spec, waiting: backOff }],
      events: [
        event(
          'FailedToRetrieveImagePullSecret',
          'Unable to retrieve some image pull secrets (regcred); attempting to pull the image may not succeed.',
        ),
        event('BackOff', `Back-off pulling image "${image}"`, { container: 'app', type: 'Normal' }),
      ],
    }),
    expected: [
      {
        category: 'ImagePullUnauthorized',
        confidence: 'medium',
        rejected: ['ImagePullBackOff'],
        says: /pull secret .* does not exist/,
      },
    ],
  },
  {
    name: 'a pull secret is missing, but the image is not there either',
    observation: podOf({
      containers: [
        { spec, waiting: { reason: 'ErrImagePull', message: `${containerd}${image}: not found` } },
      ],
      events: [event('FailedToRetrieveImagePullSecret', 'Unable to retrieve (regcred)')],
    }),
    expected: [{ category: 'ImageNotFound', rejected: ['ImagePullUnauthorized'] }],
  },
  {
    name: 'a pull secret is missing of a pod that fails otherwise',
    observation: podOf({
      containers: [
        { spec, waiting: { reason: 'CreateContainerError', message: 'no users found' } },
      ],
      events: [event('FailedToRetrieveImagePullSecret', 'Unable to retrieve (regcred)')],
    }),
    expected: [{ category: 'CreateContainerError' }],
  },
  pull(
    'the node may not write to its own disk',
    `failed to pull and unpack image "${image}": mkdir /var/lib/containerd/x: permission denied`,
    'ImagePullBackOff',
    { mode: 25, confidence: 'low', notRejected: ['ImagePullUnauthorized'] },
  ),
  pull(
    'docker does not find a tag',
    `rpc error: code = Unknown desc = Error response from daemon: manifest for ${image} not found: manifest unknown: manifest unknown`,
    'ImageNotFound',
    { mode: 20, remediation: 'report-only', notRejected: ['RegistryUnreachable'] },
  ),
  pull(
    'containerd does not find a tag',
    `rpc error: code = NotFound desc = ${containerd}${image}: not found`,
    'ImageNotFound',
  ),
  pull(
    'CRI-O does not find a tag',
    `reading manifest 1.2 in ${image}: manifest unknown`,
    'ImageNotFound',
  ),
  pull(
    'an image is not made for the architecture of the node',
    `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": no match for platform in manifest: not found`,
    'ImageNotFound',
    { says: /architecture/ },
  ),
  pull(
    'a proxy answers with a page instead of a layer',
    `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to unpack image on snapshotter overlayfs: unexpected media type text/html for sha256:04a732b9876d: not found`,
    'ImagePullBackOff',
    { mode: 24, remediation: 'report-only', rejected: ['ImageNotFound'] },
  ),
  pull(
    'CRI-O finds no image for the architecture of the node in a list',
    'choosing image instance: no image found in manifest list for architecture arm, variant "v8", OS linux',
    'ImageNotFound',
    { says: /architecture/ },
  ),
  pull(
    'CRI-O does not take an image that says it is for another architecture',
    'Image architecture mismatch: image uses "amd64", expecting "arm64"',
    'ImageNotFound',
    { says: /architecture/ },
  ),
  {
    name: 'only the Event of the last pull still says why, of an image with a misleading name',
    observation: podOf({
      containers: [
        {
          spec: { image: 'shop/unauthorized-429:not-found' },
          waiting: {
            reason: 'ImagePullBackOff',
            message: 'Back-off pulling image "shop/unauthorized-429:not-found"',
          },
        },
      ],
      events: [
        event(
          'Failed',
          'Failed to pull image "shop/unauthorized-429:not-found": failed to do request: Head "https://registry-1.docker.io/v2/shop/unauthorized-429/manifests/not-found": net/http: TLS handshake timeout',
          { container: 'app' },
        ),
        event('Failed', 'Error: ErrImagePull', { container: 'app', seen: 10 }),
      ],
    }),
    expected: [
      {
        category: 'RegistryUnreachable',
        says: /docker\.io/,
        notRejected: ['ImagePullUnauthorized', 'ImagePullRateLimited', 'ImageNotFound'],
      },
    ],
  },
  pull(
    'an image is made for another operating system',
    'image operating system "windows" cannot be used on this platform',
    'ImageNotFound',
    { says: /architecture/ },
  ),
  pull(
    'an image has a form that the runtime has given up',
    'media type "application/vnd.docker.distribution.manifest.v1+prettyjws" is no longer supported since containerd v2.0',
    'ImagePullBackOff',
    { confidence: 'low', says: /no longer supported/ },
  ),
  {
    name: 'only the back-off of a pull is left to see',
    observation: podOf({
      containers: [{ spec, waiting: backOff }],
      events: [event('Failed', 'Error: ImagePullBackOff', { container: 'app' })],
    }),
    expected: [
      {
        category: 'ImagePullBackOff',
        mode: 25,
        confidence: 'low',
        says: /from registry\.shop\.test; the cause is not in evidence/,
      },
    ],
  },
];
