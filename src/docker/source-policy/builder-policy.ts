/** Whether and how the builder itself is held to the verified base images of a build. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { TrustError } from '../../errors.js';
import type { CheckedDocker } from '../check-docker.js';
import { readVariable } from '../environment.js';
import type { Machine } from '../../ports.js';
import { requireNoConversion } from './pinned.js';
import { parseSourcePolicy, policyVariable, type PolicyRule } from './rules.js';

/** buildx reads the variable since 0.11; BuildKit before 0.12 took such policies for something else. */
const oldestBuildx = [0, 11] as const;
const oldestBuildKit = [0, 12] as const;
/** The engine with that BuildKit in it; distributions build it without its version. */
const oldestEngine = [25, 0] as const;

/** Whether the builder obeys a source policy, by the versions of all its parts. */
export async function canHoldToPolicy(
  { builder, capabilities }: Pick<CheckedDocker, 'builder' | 'capabilities'>,
  builderName: string | undefined,
): Promise<boolean> {
  if (builder !== 'buildx') return false;
  if (!isAtLeast(await capabilities.buildx(), oldestBuildx)) return false;
  const nodes = await capabilities.builderNodes(builderName);
  if (nodes.length > 0 && nodes.every(({ version }) => isAtLeast(version, oldestBuildKit))) {
    return true;
  }
  // The builder that is called like the context is the engine itself.
  const { name, driver } = await capabilities.builder(builderName);
  const { context } = await capabilities.client();
  return (
    driver === 'docker' &&
    name === context &&
    isAtLeast((await capabilities.engine()).version, oldestEngine)
  );
}

/**
 * The rules of the user's own policy.
 * @param images references with a digest, which the build is to use.
 * @throws {TrustError} INPUT_INVALID for a policy that cannot be read; BASE_IMAGE_CONFLICT for one that
 * may put something else in place of a verified image
 */
export async function ownPolicy(
  { environment }: Pick<CheckedDocker, 'environment'>,
  images: readonly string[],
  { workingDirectory, platform }: Pick<Machine, 'workingDirectory' | 'platform'>,
): Promise<readonly PolicyRule[]> {
  const file = readVariable(environment, policyVariable, platform === 'win32');
  if (file === undefined || file === '' || images.length === 0) return [];
  let text: string;
  try {
    text = await readFile(path.resolve(workingDirectory, file), 'utf8');
  } catch (cause) {
    throw new TrustError('INPUT_INVALID', `The source policy ${file} cannot be read`, {
      remedy: `Point ${policyVariable} at a file that can be read, or unset it.`,
      cause,
    });
  }
  const rules = parseSourcePolicy(text, file);
  requireNoConversion(rules, images);
  return rules;
}

function isAtLeast(
  version: string | undefined,
  [major, minor]: readonly [number, number],
): boolean {
  const found = /^v?(\d+)\.(\d+)\./.exec(version ?? '');
  if (found === null) return false;
  const [, ofMajor, ofMinor] = found.map(Number);
  return (ofMajor ?? 0) > major || (ofMajor === major && (ofMinor ?? 0) >= minor);
}
