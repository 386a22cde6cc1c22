/**
 * Inputs that were given and that nobody reads: mistyped, or of another step that builds and pushes.
 * Only names are looked at, never values.
 */
import { commandInput } from './commands.js';
import { inputNameOn } from './table.js';
import type { HostName } from './types.js';

/**
 * Inputs of Docker@0 to Docker@2 and docker/build-push-action in their own spelling, and what does
 * the same here.
 */
const foreign: Readonly<Record<string, readonly string[]>> = {
  azureContainerRegistry: ['registry'],
  azureSubscriptionEndpoint: ['azure-subscription'],
  dockerRegistryEndpoint: ['container-registry'],
  dockerRegistryConnection: ['container-registry'],
  arguments: ['build-arguments'],
  buildContext: ['context'],
  imageName: ['repository', 'tags'],
  additionalImageTags: ['tags'],
  includeLatestTag: ['tags'],
  tag: ['tags'],
  image: ['images'],
  file: ['dockerfile'],
  dockerFile: ['dockerfile'],
  push: ['command'],
  load: ['command'],
  platform: ['platforms'],
  'secret-files': ['secrets'],
  'secret-envs': ['secrets'],
  'add-hosts': ['build-arguments'],
  allow: ['build-arguments'],
  annotations: ['build-arguments'],
  attests: ['build-arguments'],
  'build-contexts': ['build-arguments'],
  call: ['build-arguments'],
  'cgroup-parent': ['build-arguments'],
  network: ['build-arguments'],
  'no-cache-filters': ['build-arguments'],
  outputs: ['build-arguments'],
  provenance: ['build-arguments'],
  sbom: ['build-arguments'],
  'shm-size': ['build-arguments'],
  ssh: ['build-arguments'],
  ulimit: ['build-arguments'],
};

/** An input that was given and is not read. */
export interface UnknownInput {
  /** As it was given, or in its own spelling where it is well known. */
  readonly name: string;
  /** The inputs of this host that do the same; empty where it is not known what was meant. */
  readonly instead: readonly string[];
}

/**
 * Those of `given`, names in the form of environment variables, that are no inputs of `host`.
 * @param offered the inputs of the host.
 */
export function unknownInputs(
  host: HostName,
  offered: readonly string[],
  given: readonly string[],
): readonly UnknownInput[] {
  const known = new Map(
    [...offered, commandInput.name].map((name) => [plain(name), inputNameOn(host, name)]),
  );
  const others = new Map(
    Object.entries(foreign).map(([name, ours]) => [plain(name), { name, ours }]),
  );
  const exact = new Set([...known.values()].map((name) => variableForm(host, name)));
  return given
    .filter((name) => !exact.has(name))
    .map((name) => {
      const meant = known.get(plain(name));
      if (meant !== undefined) return { name, instead: [meant] };
      const other = others.get(plain(name));
      if (!other) return { name, instead: [] };
      const instead = other.ours.flatMap((ours) => known.get(plain(ours)) ?? []);
      return { name: other.name, instead };
    });
}

/** How a host spells the name of an input in its environment, without a prefix. */
function variableForm(host: HostName, name: string): string {
  return (host === 'cli' ? name.replaceAll('-', '_') : name).toUpperCase();
}

function plain(name: string): string {
  return name.replace(/[-_]/g, '').toUpperCase();
}
