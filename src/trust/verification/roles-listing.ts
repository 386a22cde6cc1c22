/** Who vouches for a tag, with the limits that each role's ancestors set. */
import { sha256HexOf, type RoleName } from '../metadata/index.js';
import { targetIn } from './look-up.js';
import type { TrustedView } from './view.js';
import { walkRoles } from './walk.js';

/**
 * Every trusted role that lists `tag` with `digest` and may sign that tag, in Notary's order. More
 * strict than the signers `docker trust inspect` shows, for which no path limits apply.
 */
export function rolesListing(view: TrustedView, tag: string, digest: string): readonly RoleName[] {
  return walkRoles(view, { from: 'targets', target: tag }).filter((role) => {
    const target = targetIn(view, role, tag);
    const hex = target && sha256HexOf(target);
    return hex !== undefined && `sha256:${hex}` === digest;
  });
}
