/**
 * Puts an emulator behind a real HTTPS server on loopback, and gives SDK clients an agent that
 * reaches it under the real host names. Test helper; it holds no expectations.
 */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { Agent, createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:tls';

import { makeCertificate, pem } from './crypto/certificate.js';
import { createAzureEmulator } from './index.js';
import type { AzureControl, AzureEmulator } from './index.js';

/** An emulator that can be reached. */
export interface Loopback {
  readonly emulator: AzureEmulator;
  readonly control: AzureControl;
  /** Goes into the `agent` of an SDK client's options. */
  readonly agent: Agent;
  close(): Promise<void>;
}

/** Starts an emulator on a free port of 127.0.0.1. */
export async function startLoopback(): Promise<Loopback> {
  const emulator = createAzureEmulator();
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const hour = 3_600_000;
  const cert = pem(
    'CERTIFICATE',
    makeCertificate(createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' })), {
      subject: 'CN=loopback',
      notBefore: new Date(Date.now() - hour),
      notAfter: new Date(Date.now() + hour),
      dnsNames: [...emulator.certificateNames, '*.azurecr.io', '*.azurecr.cn'],
    }),
  );
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' });
  const server = createServer({ key, cert }, (req, res) => {
    const host = req.headers.host ?? '';
    if (emulator.handle(host, req, res)) return;
    emulator.handleRegistryAuth(host, req, res);
  });
  // A request sent on a connection just as it is given up would go unanswered.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const agent = new LoopbackAgent(port, cert);
  return {
    emulator,
    control: emulator.control,
    agent,
    close: async () => {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Connects to the loopback server whatever host is asked for; the certificate is still checked. */
class LoopbackAgent extends Agent {
  readonly #port: number;
  readonly #ca: string;

  constructor(port: number, ca: string) {
    super({ keepAlive: true });
    this.#port = port;
    this.#ca = ca;
  }

  override createConnection(options: {
    readonly host?: string | null;
  }): ReturnType<typeof connect> {
    const servername = options.host ?? '';
    return connect({ host: '127.0.0.1', port: this.#port, servername, ca: this.#ca });
  }
}
