/** Which of the keys at hand sign a file, so that the keys of its role are satisfied. Pure. */
import { own } from '../metadata/index.js';
import type { KeyId, PublicKey } from '../metadata/types.js';
import type { FileSigner } from '../publishing/index.js';
import type { Signer } from '../signer.js';
import { canonicalIdOrNone, type TrustedView } from '../verification/index.js';

/** The keys of a role by the IDs under which it lists them, and how many of them must sign. */
export interface RoleRule {
  readonly keys: ReadonlyMap<KeyId, PublicKey>;
  readonly threshold: number;
}

/** What the root asks of `targets`. */
export function targetsRule({ root: { signed } }: TrustedView): RoleRule {
  const listed = own(signed.roles, 'targets');
  return {
    threshold: listed?.threshold ?? 1,
    keys: new Map(
      (listed?.keyids ?? []).flatMap((id): [KeyId, PublicKey][] => {
        const key = own(signed.keys, id);
        return key ? [[id, key]] : [];
      }),
    ),
  };
}

/**
 * As few of `signers`, in their order, as meet the rule.
 * @returns undefined when all of them together do not.
 */
export function coveringSigners(
  { keys, threshold }: RoleRule,
  signers: readonly Signer[],
): readonly FileSigner[] | undefined {
  const covering: FileSigner[] = [];
  const counted = new Set<KeyId>();
  for (const signer of signers) {
    if (counted.size >= threshold) break;
    const keyIds = [...keys].flatMap(([id, key]) =>
      canonicalIdOrNone(key) === signer.keyId ? [id] : [],
    );
    if (keyIds.every((id) => counted.has(id))) continue;
    covering.push({ signer, keyIds });
    for (const id of keyIds) counted.add(id);
  }
  return counted.size >= threshold && covering.length > 0 ? covering : undefined;
}
