export type { CertificateMetrics, CertificateStep } from './certificate-metrics.ts';
export * from './create-instruments.ts';
export type { EventOutcome } from './event-metrics.ts';
export * from './instruments.ts';
export { observeProcess } from './process-metrics.ts';
export * from './registry.ts';
export * from './request-metrics.ts';
