/** Image references as a Dockerfile has them, and the names BuildKit makes of them. */
import { isTrustError } from '../../errors.js';
import { gunOf, parseImageReference, type ImageReference } from '../../registry/index.js';

/** Parses `text`, or returns undefined where Docker would call it an invalid reference. */
export function parseReference(text: string): ImageReference | undefined {
  // A bare 64-hex name is an image ID to Docker, never a repository.
  if (/^[0-9a-f]{64}(?:[:@]|$)/.test(text)) return undefined;
  try {
    return parseImageReference(text);
  } catch (error) {
    if (isTrustError(error, 'INPUT_INVALID')) return undefined;
    throw error;
  }
}

/** The short form people write: `alpine`, not `docker.io/library/alpine`. */
function familiarName(reference: ImageReference): string {
  if (reference.host !== 'docker.io') return gunOf(reference);
  return reference.repository.replace(/^library\/(?=[^/]+$)/, '');
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
