export {
  deny,
  type AdmissionDecision,
  type AdmissionRefusal,
} from './admission/admission-decision.ts';
export type { AdmissionContext, AdmissionRequest } from './admission/admission-request.ts';
export {
  mutatingWebhook,
  validatingWebhook,
  type AdmissionOperation,
  type AdmissionWebhook,
  type AdmissionWebhookOptions,
  type HandledRequest,
  type MutatingWebhookOptions,
  type ValidatingWebhookOptions,
} from './admission/admission-webhook.ts';
export {
  defineAdmission,
  type AdmissionDefinition,
  type AdmissionManifestOptions,
} from './admission/define-admission.ts';
export type { InjectionTargets } from './certificates/authority-injection.ts';
export {
  defaultLifetimes,
  renewMaterial,
  type CertificateLifetimes,
  type CertificateMaterial,
} from './certificates/certificate-plan.ts';
export type { CertificateContext, CertificateSource } from './certificates/certificate-source.ts';
export {
  MountedCertificates,
  type MountedCertificatesOptions,
} from './certificates/mounted-certificates.ts';
export {
  SelfManagedCertificates,
  type SelfManagedCertificatesOptions,
} from './certificates/self-managed-certificates.ts';
export {
  issueClientCertificate,
  type KeyedCertificate,
  type Validity,
} from './certificates/x509.ts';
export type { Convertible } from './conversion/conversion-webhook.ts';
export { Webhooks, type WebhooksContext, type WebhooksOptions } from './webhooks.ts';
