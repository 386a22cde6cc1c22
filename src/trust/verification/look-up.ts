/**
 * What a tag points to, exactly as Docker's pull decides it (Docker CLI 28,
 * cli/command/image/trust.go getTrustedPullTargets; notary client/reader.go GetTargetByName).
 */
import { getOwnProperty, sha256HexOf, type RoleName, type Target } from '../metadata/index.js';
import type { TrustedView } from './view.js';
import { walkRoles } from './walk.js';

/** The roles Docker's pull takes a tag from, in its order of priority. */
export const pullRoles: readonly RoleName[] = ['targets/releases', 'targets'];

/** The answer to a look-up. */
type LookUp =
  | {
      readonly kind: 'signed';
      readonly tag: string;
      readonly role: RoleName;
      /** `sha256:` and lower-case hex. */
      readonly digest: string;
      /** Bytes of the manifest. */
      readonly length: number;
      readonly target: Target;
    }
  /** No role lists the tag: pull says that it is not signed. */
  | { readonly kind: 'unsigned'; readonly tag: string }
  /** It is listed where pull does not accept it, or without a digest that pull can use. */
  | {
      readonly kind: 'refused';
      readonly tag: string;
      readonly role: RoleName;
      readonly reason: string;
    };

/** Looks `tag` up as Docker's pull does. An unsigned tag is a result, not an error. */
export function lookUpTag(view: TrustedView, tag: string): LookUp {
  for (const from of pullRoles) {
    const without = pullRoles.filter((role) => role !== from);
    const role = walkRoles(view, { from, target: tag, without }).find(
      (visited) => targetIn(view, visited, tag) !== undefined,
    );
    const target = role === undefined ? undefined : targetIn(view, role, tag);
    if (role !== undefined && target !== undefined) return judge(tag, role, target);
  }
  return { kind: 'unsigned', tag };
}

/** The entry of `tag` in the trusted file of `role`, whatever its paths. */
export function targetIn(view: TrustedView, role: RoleName, tag: string): Target | undefined {
  const file = view.targets.get(role);
  return file && getOwnProperty(file.signed.targets, tag);
}

function judge(tag: string, role: RoleName, target: Target): LookUp {
  if (!pullRoles.includes(role)) {
    const reason = `it is signed in ${role} only; Docker accepts ${pullRoles.join(' and ')}`;
    return { kind: 'refused', tag, role, reason };
  }
  const hex = sha256HexOf(target);
  if (hex === undefined) {
    return { kind: 'refused', tag, role, reason: `${role} lists it without a valid sha256` };
  }
  return { kind: 'signed', tag, role, digest: `sha256:${hex}`, length: target.length, target };
}
