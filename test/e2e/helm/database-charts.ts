import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ImageMap, ProcessImage } from '@kubewright/cluster';
import { chartFiles, type OperatorDefinition } from '@kubewright/packaging';
import { repositoryImages } from '@kubewright/walk-through';
import { findOperators } from '../../../scripts/operators.ts';
import { withoutHelm } from './helm.ts';

/** What there is of a version of the operator, to be installed in the tests. */
export interface Release {
  readonly version: string;
  /** Path of the chart. */
  readonly chart: string;
  /** The image that the chart names. */
  readonly image: string;
}

/** The major version of PostgreSQL that the tests run: the newest that is on this machine. */
export const postgresVersion: string | undefined = ['15', '14', '13'].find((version) => {
  const image = repositoryImages()[`postgres:${version}`];
  return image !== undefined && 'command' in image;
});

/** Why no database can be installed here by a chart; false: it can. */
export function withoutDatabases(): string | false {
  if (process.platform !== 'linux') {
    return 'NOT RUN: only Linux has an address for each pod and Service without set-up';
  }
  if (postgresVersion === undefined) {
    return 'NOT RUN: there is no PostgreSQL 13, 14 or 15: apt-get install postgresql';
  }
  return withoutHelm();
}

async function operatorDefinition(): Promise<OperatorDefinition> {
  const found = await findOperators();
  const operator = found.find((each) => each.operator.name === 'database-cluster')?.operator;
  if (operator === undefined) throw new Error('there is no operator database-cluster');
  return operator;
}

/** Writes the chart as it comes from the source of today, under a version, into a folder of its own. */
export async function releaseOf(version: string): Promise<Release> {
  const operator = await operatorDefinition();
  const { image } = operator;
  const chart = await mkdtemp(join(tmpdir(), 'kubewright-chart-'));
  const files = await chartFiles({ ...operator, version, chart: { ...operator.chart, version } });
  for (const [path, text] of files) {
    await mkdir(join(chart, dirname(path)), { recursive: true });
    await writeFile(join(chart, path), text);
  }
  return { version, chart, image: `${image}:${version}` };
}

/** The images of the repository, with the operator also under the tags of releases. */
export async function imagesOf(releases: readonly Release[]): Promise<ImageMap> {
  const images = repositoryImages();
  const { image, version } = await operatorDefinition();
  // Safe: every operator of the repository is a program.
  const program = images[`${image}:${version}`] as ProcessImage;
  return { ...images, ...Object.fromEntries(releases.map((each) => [each.image, program])) };
}
