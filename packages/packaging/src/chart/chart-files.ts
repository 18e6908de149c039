import { readFile } from 'node:fs/promises';
import { groupResourceOf } from '@kubewright/apimachinery';
import { toYaml } from '@kubewright/apimachinery';
import type { GeneratedFiles } from '@kubewright/crd';
import type { OperatorDefinition } from '../operator-definition.ts';
import { toValuesSchema, toValuesYaml } from './chart-value.ts';
import { definitionTemplate } from './definition-template.ts';
import { operatorValues } from './operator-values.ts';
import { rolesTemplate } from './roles-template.ts';
import { settingsTemplate } from './settings-template.ts';

const templates = new URL('../../chart-templates/', import.meta.url);

/** Templates that are the same for every operator, but for its name. */
const commonTemplates = [
  '_helpers.tpl',
  'deployment.yaml',
  'disruption-budget.yaml',
  'lease.yaml',
  'metrics.yaml',
  'service-account.yaml',
] as const;

/** The files of an operator's Helm chart, by their paths in it. */
export async function chartFiles(operator: OperatorDefinition): Promise<GeneratedFiles> {
  const { name, version, description, program, resources, chart } = operator;
  const values = operatorValues(operator);
  const files = new Map<string, string>();
  const { keywords, home, sources } = chart;
  files.set(
    'Chart.yaml',
    toYaml([
      {
        apiVersion: 'v2',
        name,
        description,
        type: 'application',
        version: chart.version,
        appVersion: version,
        kubeVersion: '>=1.29.0-0',
        keywords,
        home,
        sources,
      },
    ]).replace(/^---\n/, ''),
  );
  files.set('values.yaml', toValuesYaml(`Values of the chart ${name}.`, values));
  files.set('values.schema.json', toValuesSchema(`Values of the chart ${name}`, values));
  for (const file of commonTemplates)
    files.set(`templates/${file}`, await commonTemplate(file, name));
  if (program.servesWebhooks) {
    files.set('templates/webhook.yaml', await commonTemplate('webhook.yaml', name));
  }
  if (program.holds.length > 0) {
    files.set('templates/uninstall.yaml', await uninstallTemplate(operator));
  }
  files.set('templates/settings.yaml', settingsTemplate(operator));
  files.set('templates/roles.yaml', rolesTemplate(operator));
  for (const resource of resources) {
    const file = `templates/definitions/${resource.resource.plural}.yaml`;
    files.set(file, definitionTemplate(operator, resource));
  }
  files.set('templates/NOTES.txt', await notes(operator));
  return files;
}

/** Jobs around an uninstallation, with what they may do to the objects that the operator holds. */
async function uninstallTemplate({ name, program }: OperatorDefinition): Promise<string> {
  const rules = program.holds
    .map(
      ({ resource }) => `  - apiGroups: [${resource.group}]\n    resources: [${resource.plural}]\n`,
    )
    .map((held) => `${held}    verbs: [list, patch{{ if $deletesAll }}, delete{{ end }}]\n`)
    .join('');
  return (await commonTemplate('uninstall.yaml', name))
    .replace('  HELD_RULES\n', rules)
    .replace('NAMESPACES_VARIABLE', program.standard.namespaces.env);
}

async function notes({ name, chart, resources }: OperatorDefinition): Promise<string> {
  const [first] = resources;
  const shown = first === undefined ? 'all' : groupResourceOf(first.resource);
  return (await commonTemplate('NOTES.txt', name))
    .replace('NEXT_COMMAND', chart.nextCommand ?? `kubectl get ${shown} --all-namespaces`)
    .replace(
      'DEFINITION_NAMES',
      resources.map(({ resource }) => groupResourceOf(resource)).join(' '),
    );
}

async function commonTemplate(file: string, name: string): Promise<string> {
  const content = await readFile(new URL(file, templates), 'utf8');
  return content.replaceAll('"OPERATOR.', `"${name}.`);
}
