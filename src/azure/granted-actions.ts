/**
 * What an access token lets its bearer do, read from its `access` claim (distribution
 * specification, token scope). Unverified: it tells a missing right from another, nothing more.
 */
import { isRecord, unverifiedClaims } from '../http/index.js';

/** Actions by repository name; undefined for a token that does not say. */
type GrantedActions = ReadonlyMap<string, ReadonlySet<string>>;

/** The repository actions `token` grants, or undefined for an opaque token or one without claim. */
export function grantedActions(token: string): GrantedActions | undefined {
  const access = unverifiedClaims(token)?.access;
  if (!Array.isArray(access)) {
    return undefined;
  }
  const granted = new Map<string, Set<string>>();
  for (const entry of access as readonly unknown[]) {
    if (!isRecord(entry) || entry.type !== 'repository') {
      continue;
    }
    const { name, actions } = entry;
    if (typeof name === 'string' && Array.isArray(actions)) {
      const known = granted.get(name) ?? new Set<string>();
      for (const action of actions as readonly unknown[]) {
        known.add(String(action));
      }
      granted.set(name, known);
    }
  }
  return granted;
}
