/** Names of images and repositories as people copy them: with a scheme, slashes, and the registry. */

/** A name in two parts. */
interface CopiedName {
  /** Undefined where the name does not begin with a registry. */
  readonly host: string | undefined;
  readonly path: string;
}

/** Takes scheme and superfluous slashes off, and the registry from the rest. */
export function splitCopiedName(text: string): CopiedName {
  const [, scheme = '', rest = ''] = /^([a-z]+:\/\/)?(.*)$/is.exec(text) ?? [];
  const path = rest.replace(/^\/+|\/+$/g, '');
  const slash = path.indexOf('/');
  const first = slash === -1 ? path : path.slice(0, slash);
  const hasRegistry = scheme !== '' || (slash !== -1 && isRegistryName(first));
  if (!hasRegistry) return { host: undefined, path };
  return {
    host: withoutDefaultPort(first.toLowerCase()),
    path: slash === -1 ? '' : path.slice(slash).replace(/^\/+/, ''),
  };
}

/** The full name of an image with its tag, as Docker completes it. */
export interface CopiedImage {
  readonly host: string;
  readonly path: string;
  /** May be a pattern: the reader of tags decides. */
  readonly tag: string;
}

/** A name with repository and tag; undefined for a tag by itself. */
export function parseCopiedImage(text: string): CopiedImage | undefined {
  const colon = text.lastIndexOf(':');
  // Blanks separate several names, each of which would be read as a part of the first.
  if (/[@\s]/.test(text) || colon <= text.lastIndexOf('/')) return undefined;
  const name = text.slice(0, colon);
  if (name === '') return undefined;
  const { host, path } = splitCopiedName(name);
  const tag = text.slice(colon + 1);
  if (host !== undefined) return { host, path, tag };
  return { host: 'docker.io', path: path.includes('/') ? path : `library/${path}`, tag };
}

export function withoutDefaultPort(host: string): string {
  return host.replace(/:443$/, '');
}

/** Docker Hub has several names. */
const hubNames = ['docker.io', 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com'];

export function isSameRegistry(host: string, other: string): boolean {
  return host === other || (hubNames.includes(host) && hubNames.includes(other));
}

/**
 * Whether the first part of a repository is the name of a registry. Any name with a dot could be one
 * (distribution/reference, splitDockerDomain), but a folder may have a dot as well, such as `team.a`:
 * so it needs a port, or an ending that registries have.
 */
function isRegistryName(text: string): boolean {
  return /^(?:localhost|[^/]+:\d+|[^/]+:|(?:[\w-]+\.)+(?:azurecr\.[a-z]+|[\w-]+\.[\w-]+\.[a-z]{2,}|com|net|org|io|dev|cloud|cn|us|uk|de|eu|local|internal|lan|corp|home|test|example)|\d+(?:\.\d+){3})$/i.test(
    text,
  );
}
