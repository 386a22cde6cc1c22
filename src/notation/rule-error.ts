/**
 * The failure of the pure layers of this folder. They know neither the image nor the user, so it is
 * no TrustError: a verdict quotes it as its reason, and what signs or reads files adds a remedy.
 */

/** Bytes that break a rule of the Notary Project specification; the message is the rule. */
export class RuleError extends Error {
  constructor(rule: string, options?: ErrorOptions) {
    super(rule, options);
    this.name = 'RuleError';
  }
}

/** The rule that was broken; whatever else went wrong is a failure of ours and goes on. */
export function ruleOf(error: unknown): string {
  if (error instanceof RuleError) return error.message;
  throw error;
}

/** The result of `read`, whose failures, of whatever parser, become the rule `rule`. */
export function readOrRefuse<T>(rule: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof RuleError) throw cause;
    throw new RuleError(rule, { cause });
  }
}
