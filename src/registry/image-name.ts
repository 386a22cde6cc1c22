/**
 * Names of images: registry host, repository, tag, digest, and the references made of them.
 * Grammar: distribution/reference (grammar of reference.go and its Docker Hub normalisation).
 */
import { TrustError, isTrustError } from '../errors.js';

/** An image by its full name. */
export interface ImageReference {
  /** As in the full name, `docker.io` for Docker Hub: lower case, with a port if there is one. */
  readonly host: string;
  /** The path below the host, such as `team/app` or `library/alpine`. */
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

const hostLabel = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const hostPattern = new RegExp(
  `^(?:${hostLabel}(?:\\.${hostLabel})*|\\[[0-9a-fA-F:]+\\])(?::([0-9]{1,5}))?$`,
);
const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const repositoryPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^(?:sha256:[a-f0-9]{64}|sha512:[a-f0-9]{128})$/;
const maxRepositoryLength = 255;

/** @throws {TrustError} INPUT_INVALID unless `text` is a bare host with an optional port. */
export function parseRegistryHost(text: string): string {
  const match = hostPattern.exec(text);
  if (match === null || Number(match[1] ?? 0) > 65535) {
    const hint = text.includes('/') ? ' Leave out the scheme and any path.' : '';
    throw invalid('registry host', text, 'myregistry.azurecr.io', hint);
  }
  const host = text.toLowerCase();
  return host === 'index.docker.io' ? 'docker.io' : host;
}

/**
 * The registry of an address as logins have it, with a scheme and perhaps a path:
 * `https://index.docker.io/v1/`.
 * @throws {TrustError} INPUT_INVALID for an address of another kind.
 */
export function parseRegistryAddress(text: string): string {
  const [host = ''] = text
    .trim()
    .replace(/^https?:\/\//i, '')
    .split('/', 1);
  return parseRegistryHost(host.replace(/:443$/, ''));
}

/** The name under which Docker's configuration keeps the login for a registry (registry.IndexServer). */
export function dockerConfigKey(host: string): string {
  return host === 'docker.io' ? 'https://index.docker.io/v1/' : host;
}

/** @throws {TrustError} INPUT_INVALID unless `text` is a repository path without host and tag. */
export function parseRepository(text: string): string {
  if (text.length > maxRepositoryLength || !repositoryPattern.test(text)) {
    const hint =
      ' It has lower-case letters, digits and single separators, at most 255 characters,' +
      ' and neither registry nor tag.';
    throw invalid('repository', text, 'team/app', hint);
  }
  return text;
}

/** @throws {TrustError} INPUT_INVALID unless `text` is a tag. */
export function parseTag(text: string): string {
  if (!tagPattern.test(text)) {
    const hint =
      ' It has up to 128 letters, digits, "_", "." and "-", and starts with neither "." nor "-".';
    throw invalid('tag', text, '1.4.2', hint);
  }
  return text;
}

/** @throws {TrustError} INPUT_INVALID unless `text` is a sha256 or sha512 digest. */
export function parseDigest(text: string): string {
  if (!digestPattern.test(text)) {
    throw invalid('digest', text, `sha256:${'9f86d081'.repeat(8)}`);
  }
  return text;
}

/** Whether `text` is a digest rather than a tag. */
export function isDigest(text: string): boolean {
  return digestPattern.test(text);
}

/**
 * Parses a full reference or one of Docker's short forms: `alpine` is
 * `docker.io/library/alpine`, `team/app` is `docker.io/team/app`. No tag is added.
 * @throws {TrustError} INPUT_INVALID
 */
export function parseImageReference(text: string): ImageReference {
  const [beforeDigest = '', digest, ...rest] = text.split('@');
  // A colon after the last slash starts the tag; one before it belongs to the port.
  const colon = beforeDigest.indexOf(':', beforeDigest.lastIndexOf('/') + 1);
  const name = colon === -1 ? beforeDigest : beforeDigest.slice(0, colon);
  if (rest.length > 0 || name === '') {
    throw invalid('image reference', text, 'myregistry.azurecr.io/team/app:1.4.2');
  }
  const { host, path } = splitHost(name);
  const repository = host === 'docker.io' && !path.includes('/') ? `library/${path}` : path;
  return {
    host,
    repository: parseRepository(repository),
    ...(colon === -1 ? {} : { tag: parseTag(beforeDigest.slice(colon + 1)) }),
    ...(digest === undefined ? {} : { digest: parseDigest(digest) }),
  };
}

/** distribution/reference, splitDockerDomain: what has no dot, colon or capital is no host. */
function splitHost(name: string): { host: string; path: string } {
  const slash = name.indexOf('/');
  const first = slash === -1 ? '' : name.slice(0, slash);
  const isHost = /[.:A-Z]/.test(first) || first === 'localhost';
  return isHost
    ? { host: parseRegistryHost(first), path: name.slice(slash + 1) }
    : { host: 'docker.io', path: name };
}

/** The name trust data is kept under (globally unique name): always with the host. */
export function gunOf(image: Pick<ImageReference, 'host' | 'repository'>): string {
  return `${image.host}/${image.repository}`;
}

/** The whole reference as text, with whatever of tag and digest it has. */
export function formatImageReference(image: ImageReference): string {
  const tag = image.tag === undefined ? '' : `:${image.tag}`;
  const digest = image.digest === undefined ? '' : `@${image.digest}`;
  return `${gunOf(image)}${tag}${digest}`;
}

/** The host that serves the registry API for images of `host`; Docker Hub's differs. */
export function registryEndpointOf(host: string): string {
  return host === 'docker.io' ? 'registry-1.docker.io' : host;
}

/** The host that serves trust data for images of `host` (docker/cli, trust.Server). */
export function trustEndpointOf(host: string): string {
  return host === 'docker.io' ? 'notary.docker.io' : host;
}

function invalid(what: string, text: string, example: string, hint = ''): TrustError {
  return new TrustError('INPUT_INVALID', `${JSON.stringify(text)} is not a ${what}`, {
    remedy: `Give a ${what} such as ${example}.${hint}`,
  });
}

/** Registry and repository of a GUN; undefined for a collection that is not of an image. */
export function imageOfGun(
  gun: string,
): { readonly registry: string; readonly repository: string } | undefined {
  try {
    const { host, repository, tag, digest } = parseImageReference(gun);
    return tag === undefined && digest === undefined && `${host}/${repository}` === gun
      ? { registry: host, repository }
      : undefined;
  } catch (error) {
    if (isTrustError(error, 'INPUT_INVALID')) return undefined;
    throw error;
  }
}
