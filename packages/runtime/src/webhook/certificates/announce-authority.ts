import { X509Certificate } from 'node:crypto';
import { isTrusted } from './certificate-plan.ts';
import type { Agreement } from './certificate-secret.ts';
import type { CertificateContext } from './certificate-source.ts';

/**
 * Tells of an authority that this replica has made, by a log line and an Event on the Secret: a warning when the one before is
 * trusted no longer, which somebody has brought about.
 *
 * @param before - What the replica has served; undefined at its start, when it cannot know of an earlier authority.
 */
export function announceAuthority(
  { logger, report }: Pick<CertificateContext, 'logger' | 'report'>,
  { material: { bundle }, secret }: Agreement,
  before: Agreement | undefined,
): void {
  const isLoss = before !== undefined && !isTrusted(bundle, before.material.serving);
  const cause = causeOf(isLoss, secret.metadata.uid !== before?.secret.metadata.uid, before);
  const { namespace = '', name } = secret.metadata;
  const { fingerprint256: fingerprint } = new X509Certificate(bundle);
  const fields = { secret: `${namespace}/${name}`, cause, fingerprint };
  if (isLoss) logger.warn('a new webhook authority was made', fields);
  else logger.info('a new webhook authority was made', fields);
  report(
    {
      type: isLoss ? 'Warning' : 'Normal',
      reason: 'WebhookAuthorityMade',
      action: 'KeepCertificate',
      note: `made a new authority for the webhooks of this operator (SHA-256 ${fingerprint}): ${cause}`,
      // A fact that happens once: no other authority has the fingerprint.
      idempotencyKey: fingerprint,
    },
    secret,
  );
}

function causeOf(isLoss: boolean, isOtherSecret: boolean, before: Agreement | undefined): string {
  if (before === undefined) return 'the Secret held none that can be used';
  if (!isLoss) return 'the one before is due for renewal, and stays trusted until it expires';
  return isOtherSecret ? 'the Secret was deleted' : 'the Secret was emptied or overwritten';
}
