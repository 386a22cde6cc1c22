/**
 * Image references as Docker understands them (distribution/reference, normalize.go): where the
 * host ends, what `docker.io/library` stands for, what is tag and what digest.
 */

/** The parts of a reference, with Docker's defaults filled in. */
export interface ImageReference {
  /** `docker.io` where the text names no registry. */
  readonly domain: string;
  /** With `library/` for the short names of docker.io. */
  readonly path: string;
  readonly tag?: string;
  /** `sha256:...` */
  readonly digest?: string;
}

const component = '[a-z0-9]+(?:(?:\\.|_|__|-+)[a-z0-9]+)*';
const domain =
  '(?:(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*|\\[[a-fA-F0-9:]+\\])(?::[0-9]+)?';
const domainPattern = new RegExp(`^${domain}$`);
const pathPattern = new RegExp(`^${component}(?:/${component})*$`);
const tagPattern = /^\w[\w.-]{0,127}$/;
const digestPattern = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[0-9a-f]{32,}$/;

/** Parses `text`, or returns undefined where Docker would call it an invalid reference. */
export function parseReference(text: string): ImageReference | undefined {
  const at = text.indexOf('@');
  const digest = at < 0 ? undefined : text.slice(at + 1);
  const rest = at < 0 ? text : text.slice(0, at);
  if (digest !== undefined && !digestPattern.test(digest)) return undefined;

  const slash = rest.indexOf('/');
  const colon = rest.lastIndexOf(':');
  const hasTag = colon > rest.lastIndexOf('/') && rest[colon - 1] !== undefined;
  const tag = hasTag ? rest.slice(colon + 1) : undefined;
  const name = hasTag ? rest.slice(0, colon) : rest;
  if (tag !== undefined && !tagPattern.test(tag)) return undefined;

  const first = slash < 0 ? '' : name.slice(0, slash);
  // splitDockerDomain: a first part without dot, colon or capital is a user of docker.io.
  const isDomain =
    slash >= 0 && (/[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first);
  let host = isDomain ? first : 'docker.io';
  let path = isDomain ? name.slice(slash + 1) : name;
  if (host === 'index.docker.io') host = 'docker.io';
  if (host === 'docker.io' && !path.includes('/')) path = `library/${path}`;
  if (!domainPattern.test(host) || !pathPattern.test(path)) return undefined;
  // A bare 64-hex name is an image ID to Docker, never a repository.
  if (slash < 0 && /^[0-9a-f]{64}$/.test(name)) return undefined;
  return {
    domain: host,
    path,
    ...(tag === undefined ? {} : { tag }),
    ...(digest === undefined ? {} : { digest }),
  };
}

/** Host and path, as trust data and registries name a repository: `docker.io/library/alpine`. */
export function repositoryOf(reference: ImageReference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The short form people write: `alpine`, not `docker.io/library/alpine`. */
function familiarName(reference: ImageReference): string {
  if (reference.domain !== 'docker.io') return repositoryOf(reference);
  return reference.path.replace(/^library\/(?=[^/]+$)/, '');
}

/**
 * The name under which BuildKit looks up a named context for a reference: the familiar form, without
 * `:latest` (buildkit frontend/dockerui/namedcontext.go). Undefined for an invalid reference.
 */
export function contextName(text: string): string | undefined {
  const reference = parseReference(text);
  if (reference === undefined) return undefined;
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`;
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`;
  return `${familiarName(reference)}${tag}${digest}`.replace(/:latest$/, '');
}
