/** What a stored key says it is for, and what the trust data says of it. Pure. */
import type { KeyUsage } from '../../trust/index.js';

/** What a key says it is for. */
export interface StoredPurpose {
  /** As Docker's header has it: `root`, `targets`, `snapshot`, a signer's name or `delegation`. */
  readonly role: string | undefined;
  readonly gun: string | undefined;
}

/** Such as `repository key of contoso.azurecr.io/app`. */
export function describePurpose({ role, gun }: StoredPurpose): string {
  const of = gun === undefined ? '' : ` of ${gun}`;
  switch (role) {
    case undefined:
      return `key${of}`;
    case 'root':
    case 'snapshot':
      return `${role} key${of}`;
    case 'targets':
      return `repository key${of}`;
    case 'delegation':
      return `delegation key${of}`;
    default:
      return `key of the signer ${role}${of === '' ? '' : ` in${of.slice(3)}`}`;
  }
}

/**
 * What the header says, as it says the same in every run; except that a key which is the root of a
 * repository is kept as one, whatever its header says. Without a header, the trust data decides.
 */
export function purposeIn(
  { role, guns }: { readonly role: string | undefined; readonly guns: readonly string[] },
  usage: readonly KeyUsage[],
): StoredPurpose {
  const roles = new Set(usage.flatMap((one) => one.roles));
  if (role === 'root' || roles.has('root')) return { role: 'root', gun: undefined };
  const [first, ...others] = guns.length > 0 ? guns : usage.map((one) => one.gun);
  // A key of several repositories is named after none of them.
  const gun = others.length === 0 ? first : undefined;
  // Notary lets one key be both: it is imported for the role that a vault can sign.
  const isSnapshotOnly = role === 'snapshot' && [...roles].every((name) => name === 'snapshot');
  if (role !== undefined && (role !== 'snapshot' || isSnapshotOnly)) return { role, gun };
  if (roles.has('targets')) return { role: 'targets', gun };
  const delegation = [...roles].find((name) => /^targets\/(?!releases$)/.test(name));
  return { role: delegation?.slice('targets/'.length), gun };
}
