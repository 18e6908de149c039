import { dry, get, patch, post, put, remove, SETUP, type BehaviourCase } from './behaviour-case.ts';

type Part = Readonly<Record<string, unknown>>;

/** Requests for a certificate of `CN=tester, O=team`, in DER. */
const OF_CURVE = [
  'MIHcMIGCAgEAMCAxDzANBgNVBAMMBnRlc3RlcjENMAsGA1UECgwEdGVhbTBZMBMGByqGSM49AgEG',
  'CCqGSM49AwEHA0IABBb6NV9zGdicsQCbcXaVvZbWQbX3i1hq5LyKHA0HmlbewYNMUNwQr/ZSGamm',
  'C8FVEwnaHLA1UF4NDSpoLtlmGAWgADAKBggqhkjOPQQDAgNJADBGAiEAmO0hcbdVBsG9wKc7/mnI',
  'F/u4ltoJn4koapazdiVCwvACIQDs4Iw+95Cp/yep9/ac5IvFpspOe4q8HIq4z4b+bcnHLw==',
].join('');
const OF_RSA = [
  'MIIBXzCByQIBADAgMQ8wDQYDVQQDDAZ0ZXN0ZXIxDTALBgNVBAoMBHRlYW0wgZ8wDQYJKoZIhvcN',
  'AQEBBQADgY0AMIGJAoGBAOASTPSurdPIMX1Po9fb7BDDy3OSPsq/BMv4SyfYBRnI2uaWst0aMK/K',
  '9636WwYXhEgzHa0takYWSuV+hTQcMgRqwEfkTc/qn5S6d2RMT6kehEBol5EJZn1a536F1gUwXBxP',
  'tN95F7zPyflRDR2Rewym9ESNXXK/VQ2RvzIYsPXVAgMBAAGgADANBgkqhkiG9w0BAQsFAAOBgQAE',
  '2/j6JqhDfNEe9ZUdxM1RxRigQ78gaQVPzm80UTDUBY/r6TKhNjEHvIfxSoT9MaopOK5UP3hSbEe2',
  '9Ah6Q79WkhFsNArwdacxgWSYtGW4PxV4YRGQPvGYV5CDKelFMgXwJ/FbPdZoQB+n56O+gl+US1mD',
  'yMKugFlFwK1Q/P6wTQ==',
].join('');
const OF_EDWARDS = [
  'MIGfMFMCAQAwIDEPMA0GA1UEAwwGdGVzdGVyMQ0wCwYDVQQKDAR0ZWFtMCowBQYDK2VwAyEAqc6f',
  'eswKcZduhNYTkPdN5SnPvho8btaOCH9ghOLTxfagADAFBgMrZXADQQAB6+xzAGinsPCLT68Fq7ZN',
  '7uf0KZr2Jf4o9hckIFIJir0CPOOmgJqYmcRiE3WGtVbq1KiLC1hA/hvPDAot2y4B',
].join('');
/** A certificate that signs itself. */
const CERTIFICATE = [
  'MIIBeDCCAR+gAwIBAgIUOPNJa0mLM/k8xQBkFbxswQtdZmEwCgYIKoZIzj0EAwIwETEPMA0GA1UE',
  'AwwGdGVzdGVyMCAXDTI2MTEyOTA1MzUzMVoYDzIxMjYxMTA1MDUzNTMxWjARMQ8wDQYDVQQDDAZ0',
  'ZXN0ZXIwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQW+jVfcxnYnLEAm3F2lb2W1kG194tYauS8',
  'ihwNB5pW3sGDTFDcEK/2UhmppgvBVRMJ2hywNVBeDQ0qaC7ZZhgFo1MwUTAdBgNVHQ4EFgQUVLLZ',
  'fp+304hcS1kFVJHDoV21AZIwHwYDVR0jBBgwFoAUVLLZfp+304hcS1kFVJHDoV21AZIwDwYDVR0T',
  'AQH/BAUwAwEB/zAKBggqhkjOPQQDAgNHADBEAiAs8mEfRNeYW3bTLwfHAj75e8f8dwlMrJd4qfhy',
  'WM0U0gIgN/Ul684p1lqyZr+wa6piRsF6WTkyybIR9tGoLNrlwNo=',
].join('');

/** Text as it stands in a field of bytes. */
const encoded = (text: string): string => Buffer.from(text).toString('base64');
const pem = (type: string, der: string, headers = ''): string =>
  encoded(
    `-----BEGIN ${type}-----\n${headers}${der.replace(/.{64}/g, '$&\n')}\n-----END ${type}-----\n`,
  );
const request = (der: string): string => pem('CERTIFICATE REQUEST', der);
/** The same with another signature. */
const forged = (der: string): string => {
  const bytes = Buffer.from(der, 'base64');
  bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
  return request(bytes.toString('base64'));
};

const CSR = '/apis/certificates.k8s.io/v1/certificatesigningrequests';
const SPEC = { request: request(OF_CURVE), signerName: 'example.com/a', usages: ['client auth'] };
const csr = (spec: Part, metadata: Part = {}): BehaviourCase =>
  dry(CSR, { metadata: { name: 's', ...metadata }, spec: { ...SPEC, ...spec } });
const conditions = (...list: readonly Part[]): Part => ({ status: { conditions: list } });
const APPROVED = { type: 'Approved', status: 'True', reason: 'r', message: 'm' };
const DENIED = { type: 'Denied', status: 'True' };
const FAILED = { type: 'Failed', status: 'True' };

/** Requests for certificates: what is wrong with them, and who may say what of them. */
export const CASES: readonly BehaviourCase[] = [
  csr({}),
  dry(CSR, { metadata: { name: 's' } }),
  csr({}, { name: 'A_' }),
  csr({}, { name: 'a%b' }),
  csr({ username: 'somebody', uid: 'x', groups: ['system:masters'], extra: { a: ['b'] } }),
  csr({ request: request(OF_RSA) }),
  csr({ request: request(OF_EDWARDS) }),
  csr({ request: '' }),
  csr({ request: encoded('text') }),
  csr({ request: pem('CERTIFICATE', CERTIFICATE) }),
  csr({ request: pem('NEW CERTIFICATE REQUEST', OF_CURVE) }),
  csr({ request: request('AAAA') }),
  csr({ request: request(CERTIFICATE) }),
  csr({ request: forged(OF_CURVE) }),
  csr({ request: forged(OF_RSA) }),
  csr({ request: forged(OF_EDWARDS) }),
  csr({ request: encoded(`before\n${Buffer.from(request(OF_CURVE), 'base64').toString()}after`) }),
  csr({ request: pem('CERTIFICATE REQUEST', OF_CURVE, 'A: b\n\n') }),
  csr({ usages: [] }),
  csr({ usages: null }),
  csr({ usages: ['x', 'client auth', 'client auth'] }),
  csr({ usages: ['digital signature', 'key encipherment', 'server auth', 'any'] }),
  csr({ signerName: '' }),
  csr({ signerName: 'a' }),
  csr({ signerName: 'a/b' }),
  csr({ signerName: 'a.b/c/d' }),
  csr({ signerName: 'A_.b/C_' }),
  csr({ signerName: 'a.b/C_.d' }),
  csr({ signerName: `${'a'.repeat(64)}.b/c` }),
  csr({ signerName: `${'a.'.repeat(130)}b/c` }),
  csr({ signerName: 'kubernetes.io/legacy-unknown' }),
  csr({ signerName: 'kubernetes.io/kube-apiserver-client' }),
  csr({ expirationSeconds: 600 }),
  csr({ expirationSeconds: 599 }),
  csr(
    { expirationSeconds: -1, usages: [], signerName: '', request: '' },
    { labels: { 'a b': '' } },
  ),
  dry(CSR, { metadata: { name: 's' }, spec: SPEC, ...conditions(APPROVED) }),
  post(CSR, { metadata: { name: 'u' }, spec: SPEC }),
  patch(`${CSR}/u`, { spec: { signerName: 'example.com/b' }, ...conditions(APPROVED) }),
  patch(`${CSR}/u`, { metadata: { labels: { a: 'b' } } }),
  get(`${CSR}/u/approval`),
  patch(`${CSR}/u/status`, conditions(APPROVED)),
  patch(`${CSR}/u/status`, conditions(DENIED)),
  patch(`${CSR}/u/status`, conditions({ type: '', status: '' })),
  patch(`${CSR}/u/status`, conditions({ type: 'Failed', status: 'False' })),
  patch(
    `${CSR}/u/status`,
    conditions({ type: 'Other', status: 'x' }, { type: 'Other', status: 'True' }),
  ),
  patch(`${CSR}/u/status`, { status: { certificate: encoded('text') } }),
  patch(`${CSR}/u/status`, { status: { certificate: request(OF_CURVE) } }),
  patch(`${CSR}/u/status`, { status: { certificate: pem('CERTIFICATE', OF_CURVE) } }),
  patch(`${CSR}/u/status`, {
    status: { certificate: pem('CERTIFICATE', CERTIFICATE, 'A: b\n\n') },
  }),
  patch(`${CSR}/u/approval`, conditions({ type: 'Approved', status: 'False' })),
  patch(`${CSR}/u/approval`, conditions({ type: 'Approved' })),
  patch(`${CSR}/u/approval`, conditions(APPROVED, DENIED)),
  patch(`${CSR}/u/approval`, conditions(APPROVED, APPROVED)),
  patch(`${CSR}/u/approval?dryRun=All`, {
    spec: { usages: ['any'] },
    status: { certificate: pem('CERTIFICATE', CERTIFICATE), conditions: [DENIED] },
  }),
  patch(`${CSR}/u/approval`, conditions(APPROVED)),
  patch(`${CSR}/u/approval`, conditions()),
  patch(`${CSR}/u/approval`, conditions(APPROVED, DENIED)),
  patch(`${CSR}/u/approval`, conditions({ ...APPROVED, message: 'other' })),
  patch(`${CSR}/u/status`, conditions()),
  patch(`${CSR}/u/status`, conditions({ ...APPROVED, message: 'third' }, FAILED)),
  patch(`${CSR}/u/status`, conditions(APPROVED)),
  patch(`${CSR}/u/status`, { status: { certificate: pem('CERTIFICATE', CERTIFICATE) } }),
  patch(`${CSR}/u/status`, { status: { certificate: null } }),
  patch(`${CSR}/u`, { status: { certificate: null } }),
  put(`${CSR}/u/approval?dryRun=All`, { metadata: { name: 'u' }, spec: SPEC }),
  put(`${CSR}/u/approval`, { metadata: { name: 'other' }, spec: SPEC }),
  patch(`${CSR}/missing/approval`, conditions(APPROVED)),
  remove(`${CSR}/u`, undefined, SETUP),
];
