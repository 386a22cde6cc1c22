/**
 * The failure of the pure metadata layer. It knows neither GUN nor user, so it is no TrustError:
 * src/trust/verification adds both and turns it into one.
 */

/** A document, key, certificate or name that breaks a rule of Notary v1; the message is the rule. */
export class MetadataError extends Error {
  constructor(rule: string, options?: ErrorOptions) {
    super(rule, options);
    this.name = 'MetadataError';
  }
}
