/**
 * The software bill of materials (CycloneDX): npm lists all packages of the lockfile, of which those
 * are kept that are in the bundles.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from '../generate.js';
import { run } from './run.js';

/** The files with the licences of what bundles contain, in dist/. */
export const licenceFiles: readonly string[] = [
  'action/licenses.txt',
  'cli/licenses.txt',
  'task/AcrContentTrustV1/licenses.txt',
];

interface Component {
  readonly 'bom-ref': string;
  readonly name: string;
  readonly version: string;
}

interface Bom {
  readonly metadata: { readonly component: Component; readonly timestamp?: string };
  readonly components: readonly Component[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

/** Writes the bill into `folder`, which is there, and gives its path. The same sources give the same bytes. */
export async function writeSbom(folder: string): Promise<string> {
  const printed = await run('npm', [
    ...['sbom', '--package-lock-only'],
    ...['--sbom-format=cyclonedx', '--sbom-type=application'],
  ]);
  const { metadata, components, dependencies, ...bom } = JSON.parse(printed) as Bom;
  const { component } = metadata;
  const shipped = await shippedPackages();
  const kept = components.filter(({ name, version }) => shipped.has(`${name} ${version}`));
  const refs = new Set([component, ...kept].map((one) => one['bom-ref']));
  const content = {
    ...bom,
    metadata: {
      ...metadata,
      timestamp: undefined,
      // npm takes the name of the folder.
      component: { ...component, name: 'acr-content-trust' },
    },
    components: kept,
    dependencies: dependencies
      .filter(({ ref }) => refs.has(ref))
      .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((to) => refs.has(to)) })),
  };
  const text = JSON.stringify({ ...content, serialNumber: serialOf(content) }, null, 2);
  const file = path.join(folder, 'acr-content-trust.cdx.json');
  await writeFile(file, `${text}\n`);
  return file;
}

/** The packages in the bundles of dist/, each as `name version`. */
export async function shippedPackages(): Promise<ReadonlySet<string>> {
  const texts = await Promise.all(
    licenceFiles.map((file) => readFile(path.join(root, 'dist', file), 'utf8')),
  );
  const titles = texts.flatMap((text) => [...text.matchAll(/(?:^|^-{80}\n\n)(\S+ \d\S*) \(/gm)]);
  return new Set(titles.map(([, title = '']) => title));
}

/** A UUID made of the content, where npm makes one up (RFC 9562, version 8). */
function serialOf(content: object): string {
  const unnumbered = JSON.stringify({ ...content, serialNumber: undefined });
  const hex = createHash('sha256').update(unnumbered).digest('hex');
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
  ];
  return `urn:uuid:${[...parts, hex.slice(20, 32)].join('-')}`;
}
