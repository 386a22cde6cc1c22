/**
 * BuildKit's source policy as a file holds it (moby/buildkit sourcepolicy/pb, as Go's encoding/json
 * reads it). What is not understood to the last key is refused: it may be a rule that we would lose.
 */
import { TrustError } from '../../errors.js';
import { asList, asRecord, asText } from '../../json.js';

export interface PolicyRule {
  readonly action: 'ALLOW' | 'DENY' | 'CONVERT';
  readonly selector: {
    readonly identifier: string;
    /** `WILDCARD` where absent. */
    readonly match_type?: 'WILDCARD' | 'EXACT' | 'REGEX';
    readonly constraints?: readonly unknown[];
  };
  readonly updates?: unknown;
}

/** The variable that names the policy file of a build (buildx 0.11 and newer). */
export const policyVariable = 'EXPERIMENTAL_BUILDKIT_SOURCE_POLICY';

/** @throws {TrustError} INPUT_INVALID */
export function parseSourcePolicy(text: string, path: string): readonly PolicyRule[] {
  let policy: Readonly<Record<string, unknown>> | undefined;
  try {
    policy = asRecord(JSON.parse(text));
  } catch {
    policy = undefined;
  }
  const rules = policy && hasOnly(policy, ['version', 'rules']) ? policy.rules : undefined;
  const read = rules === undefined ? undefined : asList(rules).map(readRule);
  if (!Array.isArray(rules) || read === undefined || read.includes(undefined)) {
    throw new TrustError(
      'INPUT_INVALID',
      `The source policy ${path} (${policyVariable}) has a part that this step does not support, so its rules cannot be enforced`,
      {
        remedy:
          'Write it as JSON, with "rules" of "action" (ALLOW, DENY, CONVERT), "selector" ("identifier", "match_type", "constraints") and "updates", in exactly this spelling.\n' +
          `Or unset ${policyVariable} for this step.`,
      },
    );
  }
  return read.filter((rule) => rule !== undefined);
}

function readRule(value: unknown): PolicyRule | undefined {
  const rule = asRecord(value);
  if (rule === undefined || !hasOnly(rule, ['action', 'selector', 'updates'])) return undefined;
  const selector = asRecord(rule.selector);
  if (!selector || !hasOnly(selector, ['identifier', 'match_type', 'constraints'])) {
    return undefined;
  }
  const action = (['ALLOW', 'DENY', 'CONVERT'] as const).find((name) => name === rule.action);
  const identifier = asText(selector.identifier);
  const type = selector.match_type ?? 'WILDCARD';
  const matchType = (['WILDCARD', 'EXACT', 'REGEX'] as const).find((name) => name === type);
  if (action === undefined || identifier === undefined || matchType === undefined) {
    return undefined;
  }
  const { constraints } = selector;
  if (constraints !== undefined && !Array.isArray(constraints)) return undefined;
  return {
    action,
    selector: {
      identifier,
      match_type: matchType,
      ...(constraints === undefined ? {} : { constraints: asList(constraints) }),
    },
    ...(rule.updates === undefined ? {} : { updates: rule.updates }),
  };
}

function hasOnly(value: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean {
  return Object.keys(value).every((key) => keys.includes(key));
}
