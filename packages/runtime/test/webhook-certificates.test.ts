import assert from 'node:assert/strict';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer } from 'node:tls';
import { describe, test } from 'node:test';
import {
  renewMaterial,
  type CertificateMaterial,
} from '../src/webhook/certificates/certificate-plan.ts';
import { createAuthority, issueServerCertificate } from '../src/webhook/certificates/x509.ts';

const hourMs = 60 * 60 * 1000;
const dayMs = 24 * hourMs;
const lifetimes = { authorityMs: 100 * dayMs, servingMs: 30 * dayMs };
const hosts = ['store-operator.stores.svc', '127.0.0.1'];

function aroundNow(): { notBefore: Date; notAfter: Date } {
  return { notBefore: new Date(Date.now() - hourMs), notAfter: new Date(Date.now() + hourMs) };
}

/** Whether a TLS client that trusts `ca` accepts the server as `servername`, or why not. */
async function handshake(
  serving: { certificate: string; key: string },
  ca: string,
  servername: string,
): Promise<string> {
  await using stack = new AsyncDisposableStack();
  const server = createServer({ cert: serving.certificate, key: serving.key }, (socket) => {
    socket.on('error', () => undefined);
  });
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stack.defer(async () => {
    await new Promise((resolve) => server.close(resolve));
  });
  // It listens on TCP.
  const { port } = server.address() as AddressInfo;
  const isAddress = /^[\d.]+$|:/.test(servername);
  const socket = connect({
    host: '127.0.0.1',
    port,
    ca,
    ...(isAddress ? {} : { servername }),
  });
  stack.defer(() => {
    socket.destroy();
  });
  try {
    await once(socket, 'secureConnect');
    return 'accepted';
  } catch (error) {
    return String((error as NodeJS.ErrnoException).code);
  }
}

function certificatesIn(bundle: string): X509Certificate[] {
  return bundle.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => new X509Certificate(pem));
}

function firstOf(bundle: string): string {
  return bundle.slice(0, bundle.indexOf('-----END CERTIFICATE-----') + 26);
}

describe('a serving certificate', () => {
  test('is accepted for its names and addresses by who trusts its authority, and by nobody else', async () => {
    const authority = await createAuthority(aroundNow());
    const other = await createAuthority(aroundNow());
    const serving = await issueServerCertificate(authority, hosts, aroundNow());
    assert.equal(await handshake(serving, authority.certificate, hosts[0] ?? ''), 'accepted');
    assert.equal(await handshake(serving, authority.certificate, '127.0.0.1'), 'accepted');
    assert.equal(
      await handshake(serving, authority.certificate, 'elsewhere.svc'),
      'ERR_TLS_CERT_ALTNAME_INVALID',
    );
    assert.match(
      await handshake(serving, other.certificate, hosts[0] ?? ''),
      /CERT_SIGNATURE|VERIFY/,
    );
  });

  test('says what it is and what it is not', async () => {
    const authority = await createAuthority(aroundNow());
    const serving = await issueServerCertificate(authority, ['::1', ...hosts], aroundNow());
    const [issuer, certificate] = [authority, serving].map(
      (each) => new X509Certificate(each.certificate),
    ) as [X509Certificate, X509Certificate];
    assert.deepEqual([issuer.ca, certificate.ca], [true, false]);
    assert.ok(certificate.checkIssued(issuer) && issuer.checkIssued(issuer));
    assert.equal(
      certificate.subjectAltName,
      'IP Address:0:0:0:0:0:0:0:1, DNS:store-operator.stores.svc, IP Address:127.0.0.1',
    );
    // Extended key usage: server authentication.
    assert.deepEqual(certificate.keyUsage, ['1.3.6.1.5.5.7.3.1']);
    assert.notEqual(certificate.serialNumber, issuer.serialNumber);
  });

  test('may last beyond 2049', async () => {
    const validity = { notBefore: new Date(), notAfter: new Date(Date.UTC(2051, 5, 1, 12)) };
    const { certificate } = await createAuthority(validity);
    assert.equal(new X509Certificate(certificate).validTo, 'Jun  1 12:00:00 2051 GMT');
  });
});

describe('what replicas serve', () => {
  const startMs = Date.UTC(2026, 0, 1);
  const renew = async (
    material: Partial<CertificateMaterial> | undefined,
    nowMs: number,
    names = hosts,
  ): Promise<CertificateMaterial> => renewMaterial(material, names, nowMs, lifetimes);

  test('stays the same while it is good', async () => {
    const material = await renew(undefined, startMs);
    assert.equal(await renew(material, startMs + 19 * dayMs), material);
  });

  test('gets a new serving certificate after two thirds of its life, of the same authority', async () => {
    const material = await renew(undefined, startMs);
    const renewed = await renew(material, startMs + 21 * dayMs);
    assert.equal(renewed.bundle, material.bundle);
    assert.notEqual(renewed.serving.certificate, material.serving.certificate);
    const authority = new X509Certificate(firstOf(renewed.bundle));
    assert.ok(new X509Certificate(renewed.serving.certificate).verify(authority.publicKey));
  });

  test('gets a new authority after four fifths of its life, and keeps the one before until it expires', async () => {
    const first = await renew(undefined, startMs);
    // A serving certificate of the first authority that is still good when the second comes.
    const before = await renew(first, startMs + 75 * dayMs);
    const second = await renew(before, startMs + 81 * dayMs);
    assert.equal(second.serving, before.serving);
    assert.notEqual(firstOf(second.bundle), firstOf(first.bundle));
    assert.ok(second.bundle.endsWith(first.bundle));
    const third = await renew(second, startMs + 101 * dayMs);
    assert.equal(third.bundle, firstOf(second.bundle));
    const authority = new X509Certificate(third.bundle);
    assert.ok(new X509Certificate(third.serving.certificate).verify(authority.publicKey));
  });

  test('never has a serving certificate that outlives its authority', async () => {
    const first = await renew(undefined, startMs);
    const late = await renew(first, startMs + 78 * dayMs);
    const expiry = (pem: string): number => new X509Certificate(pem).validToDate.getTime();
    assert.equal(expiry(late.serving.certificate), expiry(first.bundle));
  });

  test('is made anew for other hosts', async () => {
    const material = await renew(undefined, startMs);
    const renewed = await renew(material, startMs, ['elsewhere.svc']);
    assert.equal(renewed.bundle, material.bundle);
    assert.equal(
      new X509Certificate(renewed.serving.certificate).subjectAltName,
      'DNS:elsewhere.svc',
    );
  });

  for (const [what, spoil] of [
    ['nothing', () => ({})],
    ['no text of certificates', (good: CertificateMaterial) => ({ ...good, bundle: 'garbage' })],
    [
      'another key',
      (good: CertificateMaterial, other: CertificateMaterial) => ({
        ...good,
        authorityKey: other.authorityKey,
      }),
    ],
    [
      'a key that is none',
      (good: CertificateMaterial) => ({
        ...good,
        authorityKey: '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n',
      }),
    ],
    [
      'a serving certificate of somebody else',
      (good: CertificateMaterial, other: CertificateMaterial) => ({
        ...good,
        serving: other.serving,
      }),
    ],
    [
      'a serving key that does not fit',
      (good: CertificateMaterial, other: CertificateMaterial) => ({
        ...good,
        serving: { ...good.serving, key: other.serving.key },
      }),
    ],
    [
      'a serving certificate for an authority',
      (good: CertificateMaterial) => ({ ...good, bundle: good.serving.certificate }),
    ],
  ] as const) {
    test(`is whole again when the Secret holds ${what}`, async () => {
      const [good, other] = [await renew(undefined, startMs), await renew(undefined, startMs)];
      const renewed = await renew(spoil(good, other), startMs);
      const authorities = certificatesIn(renewed.bundle);
      const serving = new X509Certificate(renewed.serving.certificate);
      assert.ok(authorities.every(({ ca }) => ca));
      assert.ok(authorities.some(({ publicKey }) => serving.verify(publicKey)));
      assert.ok(serving.checkPrivateKey(createPrivateKey(renewed.serving.key)));
      assert.ok(authorities[0]?.checkPrivateKey(createPrivateKey(renewed.authorityKey)));
      assert.equal(await renew(renewed, startMs), renewed);
    });
  }
});
