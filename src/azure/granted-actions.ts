/**
 * What an access token lets its bearer do, read from its `access` claim (distribution
 * specification, token scope). Unverified: it tells a missing right from another, nothing more.
 */
import { unverifiedClaims } from '../http/index.js';
import { asList, isRecord } from '../json.js';

/** Actions by repository name; undefined for a token that does not say. */
type GrantedActions = ReadonlyMap<string, ReadonlySet<string>>;

/** The repository actions `token` grants, or undefined for an opaque token or one without claim. */
export function grantedActions(token: string): GrantedActions | undefined {
  const access = unverifiedClaims(token)?.access;
  if (!Array.isArray(access)) {
    return undefined;
  }
  const granted = new Map<string, Set<string>>();
  for (const { type, name, actions } of asList(access).filter(isRecord)) {
    if (type !== 'repository' || typeof name !== 'string') continue;
    const known = granted.get(name) ?? new Set<string>();
    for (const action of asList(actions)) known.add(String(action));
    granted.set(name, known);
  }
  return granted;
}
