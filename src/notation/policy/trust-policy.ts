/**
 * trustpolicy.json (Notary Project, trust store and trust policy specification 1.1): which
 * certificates are trusted for which repositories, and what happens when a check fails.
 */
import { TrustError } from '../../errors.js';
import { isPartOf, parseName, type NameAttributes } from '../certificates/index.js';
import type { JsonValue } from '../../trust/metadata/index.js';
import { asObject, memberOf, readObject, type JsonObject } from '../envelope/json.js';
import { RuleError } from '../rule-error.js';
import { levelMembers, readLevel, type TimestampRule, type VerificationLevel } from './levels.js';

/** Kinds of trust stores: for signers, for authorities that sign for others, for time stamps. */
const trustStoreTypes = ['ca', 'signingAuthority', 'tsa'] as const;
export type TrustStoreType = (typeof trustStoreTypes)[number];

/** A trust store by its name. */
export interface TrustStoreName {
  readonly type: TrustStoreType;
  readonly name: string;
}

/** What a statement asks of a signature. */
export interface VerifyingStatement {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly level: VerificationLevel;
  readonly verifyTimestamp: TimestampRule;
  readonly trustStores: readonly TrustStoreName[];
  /** `any`, or names of which one must be part of the signer's. */
  readonly identities: 'any' | readonly NameAttributes[];
}

/** A statement that lets everything pass, looking at nothing. */
export interface SkippingStatement {
  readonly name: string;
  readonly scopes: readonly string[];
  readonly level: 'skip';
}

export type TrustPolicyStatement = VerifyingStatement | SkippingStatement;

/** A whole policy; its statements have no scope in common. */
export type TrustPolicy = readonly TrustPolicyStatement[];

const scopePattern =
  /^(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])(?:\.(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9]))*(?::[0-9]+)?\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/;
const identityPrefix = 'x509.subject';

/**
 * Reads a policy. Members that the specification does not know are passed over.
 * @param source names the file in messages.
 * @throws {TrustError} TRUST_POLICY_INVALID
 */
export function readTrustPolicy(source: string, bytes: Uint8Array): TrustPolicy {
  try {
    return readDocument(readObject(bytes, 'the document', ['version', 'trustPolicies']));
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new TrustError(
      'TRUST_POLICY_INVALID',
      `The trust policy ${source} is invalid: ${cause.message}`,
      {
        remedy:
          'Correct the file. The rules are those of notation: https://notaryproject.dev/docs/user-guides/how-to/manage-trust-policy/',
        cause,
      },
    );
  }
}

function readDocument(document: JsonObject): TrustPolicy {
  if (memberOf(document, 'version') !== '1.0') throw new RuleError('its version is not "1.0"');
  const statements = listOf(document, 'trustPolicies').map((entry, index) =>
    readStatement(asObject(entry, `statement ${index + 1}`, statementMembers), index),
  );
  if (statements.length === 0) throw new RuleError('it has no statement');
  requireUnique(
    statements.map(({ name }) => name),
    (name) => `two statements have the name ${name}`,
  );
  requireUnique(
    statements.flatMap(({ scopes }) => scopes),
    (scope) => `the scope ${scope} occurs twice`,
  );
  return statements;
}

const statementMembers = [
  'name',
  'registryScopes',
  'signatureVerification',
  'trustStores',
  'trustedIdentities',
];

function readStatement(statement: JsonObject, index: number): TrustPolicyStatement {
  const name = memberOf(statement, 'name');
  if (typeof name !== 'string' || name === '') {
    throw new RuleError(`statement ${index + 1} has no name`);
  }
  try {
    const scopes = readScopes(textsOf(statement, 'registryScopes'));
    const { level, verifyTimestamp } = readLevel(
      asObject(memberOf(statement, 'signatureVerification'), 'signatureVerification', levelMembers),
    );
    const stores = textsOf(statement, 'trustStores');
    const identities = textsOf(statement, 'trustedIdentities');
    if (level !== 'skip') {
      return {
        name,
        scopes,
        level,
        verifyTimestamp,
        trustStores: readStores(stores),
        identities: readIdentities(identities),
      };
    }
    if (stores.length + identities.length > 0) {
      throw new RuleError('the level skip allows no trustStores and no trustedIdentities');
    }
    // The specification forbids what would switch off everything; notation 1.3.2 lets it pass.
    if (scopes.includes('*')) throw new RuleError('the level skip is not allowed for the scope *');
    return { name, scopes, level };
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new RuleError(`statement ${JSON.stringify(name)}: ${cause.message}`, { cause });
  }
}

/** @throws {RuleError} unless all are repositories, or the one is `*`. */
function readScopes(scopes: readonly string[]): readonly string[] {
  if (scopes.length === 0) throw new RuleError('it has no registryScopes');
  if (scopes.length === 1 && scopes[0] === '*') return scopes;
  for (const scope of scopes) {
    if (scope === '*') throw new RuleError('the scope * stands beside others');
    if (!scopePattern.test(scope)) {
      throw new RuleError(
        `the scope ${JSON.stringify(scope)} is not of the form registry/repository`,
      );
    }
  }
  return scopes;
}

function readStores(stores: readonly string[]): readonly TrustStoreName[] {
  if (stores.length === 0) throw new RuleError('it has no trustStores');
  return stores.map((text) => {
    const [, type, name = ''] = /^([^:]*):([\w.-]+)$/.exec(text) ?? [];
    const known = trustStoreTypes.find((one) => one === type);
    if (known) return { type: known, name };
    throw new RuleError(
      `the trust store ${JSON.stringify(text)} is not of the form ${trustStoreTypes.join('|')}:name`,
    );
  });
}

function readIdentities(identities: readonly string[]): VerifyingStatement['identities'] {
  if (identities.length === 0) throw new RuleError('it has no trustedIdentities');
  if (identities.includes('*')) {
    if (identities.length === 1) return 'any';
    throw new RuleError('the identity * stands beside others');
  }
  const names = identities.flatMap((text) => {
    const separator = text.indexOf(':');
    if (separator < 1) {
      throw new RuleError(
        `the identity ${JSON.stringify(text)} is neither * nor of the form ${identityPrefix}: C=..., ST=..., O=...`,
      );
    }
    // Identities with another prefix are for plugins, which do not exist here: they match nobody.
    return text.slice(0, separator) === identityPrefix ? [readIdentity(text)] : [];
  });
  for (const [index, name] of names.entries()) {
    const other = names.find((one, at) => at !== index && isPartOf(one, name));
    if (other) throw new RuleError('one trusted identity is part of another');
  }
  return names;
}

function readIdentity(text: string): NameAttributes {
  try {
    return parseName(text.slice(identityPrefix.length + 1));
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause;
    throw new RuleError(`the identity ${JSON.stringify(text)}: ${cause.message}`, { cause });
  }
}

/** The statement for a repository: the one that names it, else the one for all. */
export function statementFor(
  policy: TrustPolicy,
  repository: string,
): TrustPolicyStatement | undefined {
  const withScope = (scope: string): TrustPolicyStatement | undefined =>
    policy.find(({ scopes }) => scopes.includes(scope));
  return withScope(repository) ?? withScope('*');
}

function listOf(object: JsonObject, name: string): readonly JsonValue[] {
  const value = memberOf(object, name) ?? [];
  if (Array.isArray(value)) return value as readonly JsonValue[];
  throw new RuleError(`${name} is not a list`);
}

function textsOf(object: JsonObject, name: string): readonly string[] {
  return listOf(object, name).map((value) => {
    if (typeof value === 'string') return value;
    throw new RuleError(`${name} holds something that is not text`);
  });
}

function requireUnique(values: readonly string[], rule: (value: string) => string): void {
  const twice = values.find((value, index) => values.indexOf(value) !== index);
  if (twice !== undefined) throw new RuleError(rule(JSON.stringify(twice)));
}
