/** What is, or would be, left of the selected tags: per tag, as a pull would meet it. Pure. */
import type { RoleName } from '../metadata/index.js';
import { lookUpTag, type TrustedView } from '../verification/index.js';
import type { KeepingRole, RemovalPlan } from './plan-removal.js';

/** A tag after its revocation. */
export interface RevokedTag {
  readonly tag: string;
  readonly removedFrom: readonly RoleName[];
  readonly stillIn: readonly KeepingRole[];
  /** What Docker's pull makes of it: `refused` is signed only where pull does not look. */
  readonly pull: 'unsigned' | 'refused' | 'signed';
  /** What a pull would get. */
  readonly digest: string | undefined;
}

/** The selected tags as `view` shows them, by name. */
export function outcomeOf(
  view: TrustedView,
  {
    removed,
    remaining,
  }: {
    readonly removed: ReadonlyMap<string, readonly RoleName[]>;
    readonly remaining: ReadonlyMap<string, readonly KeepingRole[]>;
  },
): readonly RevokedTag[] {
  return [...new Set([...removed.keys(), ...remaining.keys()])].sort().map((tag) => {
    const found = lookUpTag(view, tag);
    return {
      tag,
      removedFrom: removed.get(tag) ?? [],
      stillIn: remaining.get(tag) ?? [],
      pull: found.kind,
      digest: found.kind === 'signed' ? found.digest : undefined,
    };
  });
}

/** What `view` would be once `plan` is carried out; for looking only, as nothing is signed. */
export function viewAfter(view: TrustedView, plan: RemovalPlan): TrustedView {
  const bodies = new Map(plan.files.map(({ role, body }) => [role, body]));
  return {
    ...view,
    targets: new Map(
      [...view.targets].map(([role, file]) => [
        role,
        { ...file, signed: bodies.get(role) ?? file.signed },
      ]),
    ),
  };
}
