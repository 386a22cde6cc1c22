/**
 * The inputs `registry`, `repository` and `tags` as people copy them from elsewhere: a repository with
 * its registry before it, tags as full names. Read once, before any command reads them, so that all
 * commands read the same. What is certain is corrected and said; what is not is rejected.
 */
import { isTrustError } from '../../errors.js';
import { isInstruction, joinInstructions, rawTagOf, type ProblemList } from '../../inputs/index.js';
import {
  isSameRegistry,
  parseCopiedImage,
  parseRegistryHost,
  splitCopiedName,
  withoutDefaultPort,
  type CopiedImage,
} from '../../registry/index.js';

/** The values of these inputs, where the command has them. */
interface NameValues {
  readonly registry?: string | undefined;
  readonly repository?: string | undefined;
  readonly tags?: readonly string[];
}

/** Tells what was read otherwise than it is written. */
type Note = (text: string) => void;

/** `inputs` with the repositories named within their registry, and the tags by themselves. */
export function readNames(inputs: NameValues, problems: ProblemList, note: Note): NameValues {
  const registry = hostOf(inputs.registry);
  const repository = withoutRegistries(inputs.repository, registry, problems, note);
  return withShortTags({ ...inputs, repository }, registry, problems, note);
}

/** The registry as names have it; undefined for none and for what its own reader will reject. */
function hostOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return withoutDefaultPort(parseRegistryHost(text));
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return undefined;
  }
}

/** Each of the repositories in `text`, as the registry names it. */
function withoutRegistries(
  text: string | undefined,
  registry: string | undefined,
  problems: ProblemList,
  note: Note,
): string | undefined {
  if (text === undefined) return undefined;
  const names = text.split(/[,\r\n]/).map((name) => {
    const given = name.trim();
    return given === '' ? '' : withoutRegistry(given, registry, problems, note);
  });
  return names.filter((name) => name !== '').join(',');
}

function withoutRegistry(
  given: string,
  registry: string | undefined,
  { add, nameInput }: ProblemList,
  note: Note,
): string {
  const { host, path } = splitCopiedName(given);
  const [name, owner] = [nameInput('repository'), nameInput('registry')];
  // Nothing but a registry: whoever reads repositories rejects it.
  if (path === '') return given;
  if (
    host === undefined &&
    registry !== undefined &&
    isSameRegistry(path.toLowerCase(), registry)
  ) {
    add({
      input: 'repository',
      problem: `is ${JSON.stringify(given)}, which is the registry itself`,
      code: 'INPUT_INVALID',
      remedy: `Set ${name} to what follows ${registry}/ in the name of the image, such as team/app.`,
    });
    return path;
  }
  if (host === undefined) {
    if (path !== given) note(`"${name}": ${given} is read as ${path}.`);
    return path;
  }
  if (registry !== undefined && isSameRegistry(host, registry)) {
    note(`"${name}": ${given} is read as ${path}, as ${registry} is the registry already.`);
    return path;
  }
  // Without a registry to compare with, the missing registry is what is to be told.
  const remedy =
    registry === undefined
      ? `Set ${owner} to ${host}, and ${name} to ${path}.`
      : `Set ${name} to ${path}; for an image of ${host}, set ${owner} to ${host} as well.\n` +
        `If ${host} is a folder of ${registry}, name it in full: ${registry}/${host}/${path}.`;
  add({
    input: 'repository',
    problem: `is ${JSON.stringify(given)}, which begins with the name of ${registry === undefined ? 'a' : 'another'} registry, ${host}`,
    code: 'INPUT_INVALID',
    remedy,
  });
  return path;
}

/** The tags by themselves; `registry` and `repository` where only full names tell them. */
function withShortTags(
  inputs: NameValues,
  registry: string | undefined,
  { add, nameInput, settle }: ProblemList,
  note: Note,
): NameValues {
  if (!inputs.tags) return inputs;
  const reject = (problem: string): readonly string[] => {
    const remedy = `Set ${nameInput('tags')} to the output "tags" of docker/metadata-action: \${{ steps.meta.outputs.tags }}, with the id of its step.`;
    add({ input: 'tags', problem, code: 'INPUT_INVALID', remedy });
    return [];
  };
  if (/^[[{]/.test(inputs.tags[0] ?? '')) return { ...inputs, tags: reject('is JSON, not tags') };
  const own = { registry, repository: inputs.repository, isNamed: false };
  const isRegistryRejected = inputs.registry !== undefined && registry === undefined;
  const tags = joinInstructions(inputs.tags).flatMap((text) => {
    if (isInstruction(text)) {
      const problem = `has ${JSON.stringify(text)}, which docker/metadata-action makes tags from`;
      return rawTagOf(text) ?? reject(problem);
    }
    const image = parseCopiedImage(text);
    if (image === undefined) return text;
    if (isRegistryRejected) return image.tag;
    own.registry ??= image.host;
    own.repository ??= image.path;
    if (isSameRegistry(image.host, own.registry) && image.path === own.repository) {
      own.isNamed = true;
      return image.tag;
    }
    add(foreignImage(text, image, `${own.registry}/${own.repository}`, nameInput));
    return [];
  });
  if (!own.isNamed) return { ...inputs, tags };
  for (const input of ['registry', 'repository'] as const) {
    if (inputs[input] !== undefined) continue;
    settle(input);
    note(`"${nameInput(input)}": ${own[input] ?? ''}, as "${nameInput('tags')}" names it.`);
  }
  return {
    ...inputs,
    registry: inputs.registry ?? own.registry,
    repository: own.repository,
    tags,
  };
}

function foreignImage(
  text: string,
  { host, path, tag }: CopiedImage,
  own: string,
  nameInput: ProblemList['nameInput'],
): Parameters<ProblemList['add']>[0] {
  return {
    input: 'tags',
    problem: `names ${text}, which is an image of ${host}/${path}, and this run is for ${own}`,
    code: 'INPUT_INVALID',
    remedy:
      `Give the tag by itself (${tag}), or only the names of ${own}: have docker/metadata-action make them ` +
      `with "images: ${own}" in a step of its own, and set ${nameInput('tags')} to its output "tags".`,
  };
}
