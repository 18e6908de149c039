import type { GeneratedFiles } from '@kubewright/crd';
import { chartFiles } from './chart/chart-files.ts';
import { dockerfile } from './image/dockerfile.ts';
import { installManifests } from './manifests/install-manifests.ts';
import type { OperatorDefinition } from './operator-definition.ts';

/** What is generated of an operator, and which folders hold nothing else. */
export interface PackageFiles {
  /** By path from the root of the repository. */
  readonly files: GeneratedFiles;
  /** Folders in which nothing else may be, so that what is generated no more is removed. */
  readonly ownedFolders: readonly string[];
}

/**
 * Everything that is generated of an operator: `deploy/<name>` (manifests), `deploy/charts/<name>` (Helm chart) and the recipe of its image.
 *
 * @param folder - Of the operator, from the root of the repository.
 */
export async function packageFiles(
  operator: OperatorDefinition,
  folder: string,
): Promise<PackageFiles> {
  const manifestFolder = `deploy/${operator.name}`;
  const chartFolder = `deploy/charts/${operator.name}`;
  const files = new Map<string, string>();
  for (const [path, text] of installManifests(operator))
    files.set(`${manifestFolder}/${path}`, text);
  for (const [path, text] of await chartFiles(operator)) files.set(`${chartFolder}/${path}`, text);
  files.set(`${folder}/image/Dockerfile`, dockerfile(operator, folder));
  return { files, ownedFolders: [manifestFolder, chartFolder] };
}
