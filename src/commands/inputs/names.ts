/**
 * The inputs `registry`, `repository` and `tags` as people copy them from elsewhere: a repository with
 * its registry before it, tags as full names. Read once, before any command reads them, so that all
 * commands read the same. What is certain is put right and said; what is not is refused.
 */
import { isTrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import { parseRegistryHost } from '../../registry/index.js';

/** The values of these inputs, where the command has them. */
export interface NameValues {
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

/** The registry as names have it; undefined for none and for what its own reader will refuse. */
function hostOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return withoutDefaultPort(parseRegistryHost(text));
  } catch (error) {
    if (!isTrustError(error)) throw error;
    return undefined;
  }
}

function withoutDefaultPort(host: string): string {
  return host.replace(/:443$/, '');
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
  const { host, path } = splitName(given);
  const [name, owner] = [nameInput('repository'), nameInput('registry')];
  // Nothing but a registry: whoever reads repositories refuses it.
  if (path === '') return given;
  if (host === undefined && registry !== undefined && isSameHost(path.toLowerCase(), registry)) {
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
  if (registry !== undefined && isSameHost(host, registry)) {
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

interface SplitName {
  /** Undefined where the name begins with no registry. */
  readonly host: string | undefined;
  readonly path: string;
}

/** Takes scheme and superfluous slashes off, and the registry from the rest. */
function splitName(text: string): SplitName {
  const [, scheme = '', rest = ''] = /^([a-z]+:\/\/)?(.*)$/is.exec(text) ?? [];
  const path = rest.replace(/^\/+|\/+$/g, '');
  const slash = path.indexOf('/');
  const first = slash === -1 ? path : path.slice(0, slash);
  if (slash === -1 ? scheme === '' : !isRegistryName(first) && scheme === '') {
    return { host: undefined, path };
  }
  return {
    host: withoutDefaultPort(first.toLowerCase()),
    path: slash === -1 ? '' : path.slice(slash).replace(/^\/+/, ''),
  };
}

/**
 * Whether the first part of a repository is the name of a registry. Any name with a dot could be one
 * (distribution/reference, splitDockerDomain), but a folder may have a dot as well, such as `team.a`:
 * so it takes a port, or an ending that registries have.
 */
function isRegistryName(text: string): boolean {
  return /^(?:localhost|[^/]+:\d+|[^/]+:|(?:[\w-]+\.)+(?:azurecr\.[a-z]+|[\w-]+\.[\w-]+\.[a-z]{2,}|com|net|org|io|dev|cloud|cn|us|uk|de|eu|local|internal|lan|corp|home|test|example)|\d+(?:\.\d+){3})$/i.test(
    text,
  );
}

/** Docker Hub goes by several names. */
const hubNames = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'];

function isSameHost(one: string, other: string): boolean {
  return one === other || (hubNames.includes(one) && hubNames.includes(other));
}

/** What `docker/metadata-action` is told to do, which it alone can carry out. */
const instruction =
  /^(type|enable|priority|prefix|suffix|value|event|branch|format|pattern|match|group)=/;

/** The tags by themselves; `registry` and `repository` where only full names tell them. */
function withShortTags(
  inputs: NameValues,
  registry: string | undefined,
  problems: ProblemList,
  note: Note,
): NameValues {
  const { add, nameInput, settle } = problems;
  const { tags: given } = inputs;
  if (!given) return inputs;
  let found: { registry: string | undefined; repository: string | undefined } = {
    registry,
    repository: inputs.repository,
  };
  const [fill, fullNames]: [boolean, string[]] = [
    inputs.registry === undefined || inputs.repository === undefined,
    [],
  ];
  const refuse = (problem: string): readonly string[] => {
    const remedy = `Set ${nameInput('tags')} to the output "tags" of docker/metadata-action: \${{ steps.meta.outputs.tags }}, with the id of its step.`;
    add({ input: 'tags', problem, code: 'INPUT_INVALID', remedy });
    return [];
  };
  if (/^[[{]/.test(given[0] ?? '')) return { ...inputs, tags: refuse('is JSON, not tags') };
  const tags = joinInstructions(given).flatMap((text) => {
    if (instruction.test(text)) {
      const tag = rawTag(text);
      if (tag !== undefined) return [tag];
      return refuse(`has ${JSON.stringify(text)}, which docker/metadata-action makes tags from`);
    }
    const full = fullName(text);
    if (full === undefined) return [text];
    // What its own reader refuses is nothing to compare with.
    if (inputs.registry !== undefined && registry === undefined) return [full.tag];
    if (found.registry === undefined && inputs.registry === undefined) {
      found = { ...found, registry: full.host };
    }
    if (found.repository === undefined) found = { ...found, repository: full.path };
    const isOurs =
      found.registry !== undefined &&
      isSameHost(full.host, found.registry) &&
      full.path === found.repository;
    if (isOurs) {
      fullNames.push(text);
      return [full.tag];
    }
    add(foreignName(text, full, found, nameInput));
    return [];
  });
  if (fullNames.length === 0 || !fill) return { ...inputs, tags };
  const { registry: host, repository } = found;
  for (const input of ['registry', 'repository'] as const) {
    if (inputs[input] !== undefined) continue;
    settle(input);
    note(`"${nameInput(input)}": ${found[input] ?? ''}, as "${nameInput('tags')}" names it.`);
  }
  return { ...inputs, registry: inputs.registry ?? host, repository, tags };
}

/** Instructions hold commas, at which lists are split: what belongs to one goes together again. */
function joinInstructions(texts: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (const text of texts) {
    const last = joined.at(-1);
    const goesOn = instruction.test(text) && !text.startsWith('type=');
    if (goesOn && last !== undefined && instruction.test(last)) {
      joined[joined.length - 1] = `${last},${text}`;
    } else joined.push(text);
  }
  return joined;
}

/** The tag of `type=raw,value=...`, the one instruction that says all there is to know. */
function rawTag(text: string): string | undefined {
  const parts = text.split(',');
  const value = parts.find((part) => part.startsWith('value='))?.slice('value='.length);
  const others = parts.filter(
    (part) => !/^(type=raw|value=.*|enable=true|priority=\d+)$/.test(part),
  );
  return parts.includes('type=raw') && others.length === 0 && value !== undefined && value !== ''
    ? value
    : undefined;
}

interface FullName {
  readonly host: string;
  readonly path: string;
  /** May be a pattern, so that it is for the reader of tags to judge. */
  readonly tag: string;
}

/** A name with repository and tag; undefined for a tag by itself. */
function fullName(text: string): FullName | undefined {
  const colon = text.lastIndexOf(':');
  // Blanks part several names, of which each would be read as a part of the first.
  if (/[@\s]/.test(text) || colon <= text.lastIndexOf('/')) return undefined;
  const name = text.slice(0, colon);
  if (name === '') return undefined;
  const { host, path } = splitName(name);
  const [tag, slash] = [text.slice(colon + 1), path.includes('/')];
  if (host !== undefined) return { host, path, tag };
  return { host: 'docker.io', path: slash ? path : `library/${path}`, tag };
}

function foreignName(
  text: string,
  { host, path, tag }: FullName,
  found: { readonly registry: string | undefined; readonly repository: string | undefined },
  nameInput: ProblemList['nameInput'],
): Parameters<ProblemList['add']>[0] {
  const own = `${found.registry ?? host}/${found.repository ?? path}`;
  return {
    input: 'tags',
    problem: `names ${text}, which is an image of ${host}/${path}, and this run is for ${own}`,
    code: 'INPUT_INVALID',
    remedy:
      `Give the tag by itself (${tag}), or only the names of ${own}: have docker/metadata-action make them ` +
      `with "images: ${own}" in a step of its own, and set ${nameInput('tags')} to its output "tags".`,
  };
}
