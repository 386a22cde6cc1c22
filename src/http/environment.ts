/** Refuses an environment in which no answer could be trusted, or no request would arrive. */
import { TrustError } from '../errors.js';
import { readProxies } from './proxy.js';
import type { ProxyEnvironment } from './proxy.js';

/**
 * Checks the variables that decide about connections.
 * @throws {TrustError} INPUT_INVALID naming the variable
 */
export function checkNetworkEnvironment(environment: ProxyEnvironment): void {
  // Node's own reading: this text and no other.
  if (environment.NODE_TLS_REJECT_UNAUTHORIZED === '0') {
    throw new TrustError(
      'INPUT_INVALID',
      'The environment variable NODE_TLS_REJECT_UNAUTHORIZED is 0: no certificate of a server would be checked, so anyone in between could read tokens and keys and send false responses',
      {
        remedy:
          'Unset NODE_TLS_REJECT_UNAUTHORIZED (a GitHub runner with ' +
          'GITHUB_ACTIONS_RUNNER_TLS_NO_VERIFY sets it).\n' +
          'For a certificate authority of your own set NODE_EXTRA_CA_CERTS to the path of its ' +
          'certificate in PEM before this program starts.',
      },
    );
  }
  readProxies(environment);
}
