/** What describes a running stack to other processes: plain data, JSON-serialisable. */
import type { ControlAddress } from './control/client.js';
import type { EngineName } from './servers/index.js';
import type { Tools } from './tools/index.js';

/** A running stack, as its owner hands it to test workers and to the demo. */
export interface StackInfo {
  readonly folder: string;
  readonly control: ControlAddress;
  /**
   * For every process that is to reach the stack: HTTPS_PROXY, NO_PROXY,
   * NODE_EXTRA_CA_CERTS, SSL_CERT_FILE. Contains nothing else; PATH is the caller's.
   */
  readonly env: Readonly<Record<string, string>>;
  /** HTTPS_PROXY for the stock `notary` client. */
  readonly notaryProxy: string;
  /** PEM file with the certificate authority of every name in the stack. */
  readonly caFile: string;
  /** DOCKER_HOST of each engine. */
  readonly dockerHost: Readonly<Record<EngineName, string>>;
  readonly tools: Tools;
}
