/** How much work the signatures of one repository may take, whoever wrote them. */
import { limits } from '../../limits.js';
import { MetadataError } from '../metadata/index.js';

/** Counts signatures that are checked, and the bytes that are hashed for them. */
export class SignatureBudget {
  #checks = 0;
  #bytes = 0;

  /** One more signature over so many bytes. @throws {MetadataError} when it is one too many. */
  take(bytes: number): void {
    this.#checks += 1;
    this.#bytes += bytes;
    if (this.#checks > limits.signatureChecks || this.#bytes > limits.signedBytes) {
      throw new MetadataError('verifying its signatures takes more work than the limit allows');
    }
  }
}
