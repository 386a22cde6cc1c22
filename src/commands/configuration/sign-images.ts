/** The input `images` of `sign`: full references, sorted into repositories. */
import { parseDigest, parseImageReference, type ImageReference } from '../../registry/index.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import { TrustError } from '../../errors.js';
import { trustServerOf } from '../inputs/repositories.js';
import type { RepositoryToSign } from './types.js';

/** Reads `images`, in the order in which repositories are first named; notes what is wrong. */
export function readImagesToSign(
  inputs: InputValues,
  { parse, conflict, nameInput }: ProblemList,
): readonly RepositoryToSign[] {
  for (const input of ['repository', 'tags'] as const) {
    const value = inputs[input];
    if (value === undefined || value.length === 0) continue;
    conflict(
      input,
      `is set, and so is "${nameInput('images')}"`,
      `Name everything in ${nameInput('images')}, or one repository with ${nameInput('repository')} and ${nameInput('tags')}.`,
    );
  }
  const ofAll = digestOfAll(inputs, parse);
  const groups = new Map<string, Map<string, string | undefined>>();
  const hosts = new Map<string, ImageReference>();
  for (const text of inputs.images) {
    parse('images', () => {
      const image = parseImageReference(text);
      const { host, repository, tag, digest = ofAll } = image;
      if (tag === undefined) throw withoutTag(text);
      const gun = `${host}/${repository}`;
      const tags = groups.get(gun) ?? new Map<string, string | undefined>();
      if (ofAll !== undefined && digest !== ofAll) throw contradiction(`${gun}:${tag}`);
      if (tags.has(tag) && tags.get(tag) !== digest) throw contradiction(`${gun}:${tag}`);
      groups.set(gun, tags.set(tag, digest));
      hosts.set(gun, image);
    });
  }
  if (inputs.digest !== undefined && groups.size > 1) {
    conflict(
      'digest',
      `is set, and "${nameInput('images')}" names ${groups.size} repositories`,
      'Name the digest behind each image (contoso.azurecr.io/team/app:1.4.2@sha256:...), or sign each repository in a step of its own.',
    );
  }
  const registries = new Set([...hosts.values()].map(({ host }) => host));
  const registry = inputs.registry?.toLowerCase();
  const foreign = [...registries].find((host) => registry !== undefined && host !== registry);
  if (foreign !== undefined) {
    const problem = `is "${registry ?? ''}", and ${nameInput('images')} names images of ${foreign}`;
    conflict('registry', problem, `Leave ${nameInput('registry')} out.`);
  }
  for (const input of ['trust-server', 'registry-id'] as const) {
    if (inputs[input] === undefined || registries.size < 2) continue;
    const problem = `is set, and "${nameInput('images')}" names images of ${registries.size} registries`;
    conflict(input, problem, 'Sign the images of each registry in a step of their own.');
  }
  return [...groups].map(([gun, tags]) => {
    const { host, repository } = hosts.get(gun) ?? { host: '', repository: '' };
    return {
      image: { registry: host, repository, gun, tags: [...tags.keys()] },
      digests: new Map(
        [...tags].flatMap(([tag, digest]) =>
          digest === undefined ? [] : [[tag, digest] as const],
        ),
      ),
      trustServer: inputs['trust-server'] ?? trustServerOf(host),
    };
  });
}

/** The digest that all images are to be signed for, as the step that built them put it out. */
function digestOfAll({ digest }: InputValues, parse: ProblemList['parse']): string | undefined {
  return digest === undefined ? undefined : parse('digest', () => parseDigest(digest));
}

function withoutTag(text: string): TrustError {
  return new TrustError('INPUT_INVALID', `${JSON.stringify(text)} names no tag`, {
    remedy:
      'Content trust signs tags. Name one, such as contoso.azurecr.io/team/app:1.4.2, or ' +
      'contoso.azurecr.io/team/app:1.4.2@sha256:... to sign it for this digest.',
  });
}

function contradiction(name: string): TrustError {
  return new TrustError('INPUT_INVALID', `${name} is named twice, for different digests`, {
    remedy: 'Name each tag once, and one digest for it.',
  });
}
