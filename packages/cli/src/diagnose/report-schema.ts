import {
  categoryModes,
  healthyStates,
  remediations,
  severities,
  type Category,
} from '@kubewright/diagnosis';
import * as z from 'zod';

// The keys of the table are the categories.
const category = z.enum(Object.keys(categoryModes) as Category[]);
const severity = z.enum(severities);
const remediation = z
  .enum(remediations)
  .describe('The most that is safe to do without a person; doing less is never wrong.');
const time = z.string().describe('RFC 3339 in UTC.');

const objectRef = z.object({
  kind: z.string(),
  namespace: z.string().optional().describe('Absent for cluster-scoped objects.'),
  name: z.string(),
});

const evidence = z
  .object({
    object: objectRef.optional().describe('Where it was seen. Absent: in the subject itself.'),
    path: z.string().describe('Path in the JSON of the object.'),
    value: z.json().describe('What is there; null where the absence itself is what was seen.'),
  })
  .describe('One thing that was seen.');

const confidence = z.object({
  level: z.enum(['high', 'medium', 'low']),
  because: z.string(),
});

const logExcerpt = z.object({
  container: z.string(),
  life: z.enum(['current', 'previous']),
  signature: z.string().describe('What they say, such as missing-module.'),
  summary: z.string(),
  target: z
    .string()
    .optional()
    .describe('What it is about: a module, host:port, a path, a variable.'),
  runtime: z.enum(['node', 'python', 'java', 'go', 'rust', 'dotnet', 'ruby', 'php']).optional(),
  advice: z.string(),
  line: z.int().min(0).describe('Where the first line stands in the log, counted from 0.'),
  lines: z.array(z.string()).describe('Secrets and control characters are removed.'),
});

const finding = z.object({
  mode: z.int().describe('Number of the failure mode.'),
  category,
  container: z.string().nullable().describe('null: about the whole subject.'),
  containerType: z.enum(['app', 'init', 'sidecar', 'ephemeral']).nullable(),
  severity,
  summary: z.string().describe('One sentence for a person on call.'),
  evidence: z.array(evidence).min(1),
  rejected: z
    .array(z.object({ category, because: z.string() }))
    .describe('Answers that were considered, and why they are not the one.'),
  confidence,
  remediation,
  advice: z.string(),
  reference: z.string().describe('Address of the page about the failure mode.'),
  nextQuestion: z.string().optional(),
  wouldChange: z.string().optional().describe('What, if seen, would make this finding wrong.'),
  cause: objectRef.optional().describe('The object behind it; it need not exist.'),
  since: time.optional(),
  logs: z.array(logExcerpt).optional(),
});

const subject = objectRef.extend({
  healthy: z.boolean(),
  state: z.union([category, z.enum(healthyStates)]),
  findings: z.array(finding).describe('Most severe first.'),
});

const incident = z.object({
  category,
  severity,
  summary: z.string(),
  members: z.array(objectRef),
  cause: objectRef.optional(),
  evidence: z.array(evidence),
  confidence,
  since: time.optional(),
  holds: z
    .enum(['members', 'namespace', 'node', 'cluster'])
    .describe('Where automatic actions wait while it lasts.'),
  remediation,
  advice: z.string(),
  changes: z
    .array(
      z.object({ path: z.string(), before: z.string().optional(), after: z.string().optional() }),
    )
    .optional()
    .describe('Differences of the pod templates of two revisions.'),
});

/** What `kubewright diagnose --json` prints. */
export const reportDocument = z
  .object({
    observedAt: time.describe('The moment that the diagnosis is of, RFC 3339 in UTC.'),
    subjects: z.array(subject).describe('Pods, and owners that have none.'),
    incidents: z.array(incident).describe('One cause behind the failures of several subjects.'),
    unreadable: z
      .array(z.object({ what: z.string(), why: z.string() }))
      .describe('What would have helped and could not be read.'),
  })
  .describe('The diagnosis of pods.');

/** Where the schema is published. */
const schemaId =
  'https://raw.githubusercontent.com/kubewright/kubewright/main/docs/diagnosis.schema.json';

/** The JSON schema of {@link reportDocument}, draft 2020-12. */
export function reportSchema(): object {
  const { $schema, ...schema } = z.toJSONSchema(reportDocument, { target: 'draft-2020-12' });
  return { $schema, $id: schemaId, ...schema };
}
