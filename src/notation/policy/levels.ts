/** Verification levels (trust policy specification, "Signature Verification Levels"). */
import { asObject, memberOf, type JsonObject } from '../envelope/json.js';
import { RuleError } from '../rule-error.js';

/** When a signature needs a time stamp, if the policy names a store for them. */
export type TimestampRule = 'always' | 'afterCertExpiry';

/** What happens when a check fails: the signature is rejected, or it is only noted; or no check. */
export type CheckAction = 'enforce' | 'log' | 'skip';

/** Checks that a level may treat differently; the others are always enforced. */
export type LeveledCheck = 'authenticity' | 'authenticTimestamp' | 'expiry' | 'revocation';

/** The action of each check. */
export type VerificationLevel = Readonly<Record<LeveledCheck, CheckAction>>;

const levels = {
  strict: {
    authenticity: 'enforce',
    authenticTimestamp: 'enforce',
    expiry: 'enforce',
    revocation: 'enforce',
  },
  permissive: {
    authenticity: 'enforce',
    authenticTimestamp: 'log',
    expiry: 'log',
    revocation: 'log',
  },
  audit: { authenticity: 'log', authenticTimestamp: 'log', expiry: 'log', revocation: 'log' },
} as const satisfies Readonly<Record<string, VerificationLevel>>;

/** Names of the levels at which signatures are looked at. */
export type LevelName = keyof typeof levels;

/** Members of that part of a statement which {@link readLevel} reads. */
export const levelMembers = ['level', 'override', 'verifyTimestamp'];

/** The part of a statement about checks. @throws {RuleError} */
export function readLevel(verification: JsonObject): {
  readonly level: VerificationLevel | 'skip';
  readonly verifyTimestamp: TimestampRule;
} {
  const name = memberOf(verification, 'level');
  const verifyTimestamp = memberOf(verification, 'verifyTimestamp') ?? 'always';
  const given = memberOf(verification, 'override') ?? {};
  const override = asObject(given, 'override');
  if (verifyTimestamp !== 'always' && verifyTimestamp !== 'afterCertExpiry') {
    throw new RuleError('verifyTimestamp is neither "always" nor "afterCertExpiry"');
  }
  if (name === 'skip') {
    if (Object.keys(override).length === 0) return { level: 'skip', verifyTimestamp };
    throw new RuleError('the level skip allows no override');
  }
  if (typeof name !== 'string' || !Object.hasOwn(levels, name)) {
    throw new RuleError(`the level is not one of ${Object.keys(levels).join(', ')}, skip`);
  }
  const level: VerificationLevel = levels[name as LevelName];
  return { level: overridden(level, override), verifyTimestamp };
}

function overridden(level: VerificationLevel, override: JsonObject): VerificationLevel {
  const changed = new Map<string, CheckAction>();
  for (const [check, action] of Object.entries(override)) {
    if (!Object.hasOwn(level, check)) {
      throw new RuleError(`${JSON.stringify(check)} cannot be overridden`);
    }
    const isAllowed =
      action === 'enforce' || action === 'log' || (action === 'skip' && check === 'revocation');
    if (!isAllowed) throw new RuleError(`${check} cannot be overridden by this action`);
    changed.set(check, action);
  }
  return { ...level, ...Object.fromEntries(changed) };
}
