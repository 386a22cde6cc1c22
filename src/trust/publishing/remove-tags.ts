/** Takes tags away from the roles of an existing repository. */
import { getOwnProperty } from '../metadata/index.js';
import type { RoleName } from '../metadata/types.js';
import type { TrustServer } from '../server/index.js';
import type { TrustedView } from '../verification/index.js';
import { planRemoval, type KeepingRole } from './plan-removal.js';
import { publishChange } from './publish-change.js';
import type { Signer } from '../signer.js';
import type { ChangeOptions } from './types.js';

/** What {@link removeTags} needs. */
export interface RemoveTagsOptions extends ChangeOptions {
  readonly signer: Signer;
  /** Which tags are to go; asked again for whatever is there when a conflict was met. */
  readonly selects: (tag: string) => boolean;
}

/** Tags that are gone from roles, as a stranger sees it. */
interface RemovedTags {
  /** What the stranger saw. */
  readonly view: TrustedView;
  /** Each tag with the roles it is gone from. */
  readonly removed: ReadonlyMap<string, readonly RoleName[]>;
  /** Each selected tag that roles still carry, with these roles. */
  readonly remaining: ReadonlyMap<string, readonly KeepingRole[]>;
  /** How many publishes were sent. */
  readonly attempts: number;
}

/**
 * Removes every selected tag from every role the signer's key may sign, in one publish, and reads
 * back that they are gone. Sends nothing when there is nothing to remove.
 * @throws {TrustError} as publishTags, but for KEY_NOT_AUTHORIZED: roles that keep a tag are a
 * result.
 */
export async function removeTags(
  server: TrustServer,
  options: RemoveTagsOptions,
): Promise<RemovedTags> {
  const { selects, signer, clock } = options;
  const removed = new Map<string, ReadonlySet<RoleName>>();
  const { view, attempts } = await publishChange(server, options, {
    keys: [signer],
    plan: (current) => {
      const plan = planRemoval(current, selects, signer, clock());
      for (const [tag, roles] of plan.removed) {
        removed.set(tag, new Set([...(removed.get(tag) ?? []), ...roles]));
      }
      return plan;
    },
    flaw: (seen) => {
      for (const [tag, roles] of removed) {
        const still = [...roles].find((role) => carries(seen, role, tag));
        if (still !== undefined) return `the tag ${tag} is listed in ${still} again`;
      }
      return undefined;
    },
  });
  return {
    view,
    removed: new Map([...removed].map(([tag, roles]) => [tag, [...roles].sort()])),
    remaining: planRemoval(view, selects, signer, clock()).remaining,
    attempts,
  };
}

function carries(view: TrustedView, role: RoleName, tag: string): boolean {
  const file = view.targets.get(role);
  return file !== undefined && getOwnProperty(file.signed.targets, tag) !== undefined;
}
