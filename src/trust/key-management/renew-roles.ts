/** Signs roles again that near their end or are past it, with nothing else changed. */
import type { RoleName } from '../metadata/types.js';
import { publishChange, type ChangeOptions } from '../publishing/index.js';
import type { TrustServer } from '../server/index.js';
import type { Signer } from '../signer.js';
import type { TrustedView } from '../verification/index.js';
import { planRenewal } from './plan-renewal.js';
import { isDue, roleExpiries, type RoleExpiry, type ExpiryRules } from './expiry.js';

/** What {@link renewRoles} needs. */
export interface RenewRolesOptions
  extends
    Omit<ChangeOptions, 'expiry'>,
    Pick<ExpiryRules, 'withinDays' | 'isSnapshotServerManaged'> {
  /** The available keys. */
  readonly signers: readonly Signer[];
}

/** Roles that were signed again, as a stranger sees them. */
interface RenewedRoles {
  /** What the stranger saw. */
  readonly view: TrustedView;
  /** What was signed again, each as it was before. */
  readonly renewed: readonly RoleExpiry[];
  /** What is due still, because the available keys do not reach it. */
  readonly remaining: readonly RoleExpiry[];
  /** How many publishes were sent. */
  readonly attempts: number;
}

/**
 * Renews, in one publish, every role that is due and that the signers reach the threshold of, and
 * reads back that it is so. Sends nothing when nothing is due.
 * @throws {TrustError} as publishChange, but for KEY_NOT_AUTHORIZED: what cannot be renewed is a
 * result.
 */
export async function renewRoles(
  server: TrustServer,
  options: RenewRolesOptions,
): Promise<RenewedRoles> {
  const { signers, clock } = options;
  const rulesNow = (): ExpiryRules => ({ ...options, now: clock() });
  let wanted: readonly RoleName[] = [];
  const { view, plan, carriedOut, attempts } = await publishChange(
    server,
    { ...options, expiry: 'report' },
    {
      keys: signers,
      plan: (current) => {
        const planned = planRenewal(current, signers, rulesNow());
        if (planned.roles.length > 0) wanted = planned.roles;
        return planned;
      },
      flaw: (seen) => {
        const still = roleExpiries(seen, signers, rulesNow()).find(
          (one) => one.part === 'file' && wanted.includes(one.role) && isDue(one),
        );
        return still && `${still.role} still expires at ${still.expires?.toISOString() ?? ''}`;
      },
    },
  );
  return { view, renewed: carriedOut?.due ?? [], remaining: plan.remaining, attempts };
}
