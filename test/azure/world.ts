/** The emulated Azure behind a loopback proxy, and the ports the code under test needs. */
import { createHttpClient } from '../../src/http/index.js';
import type { HttpClient } from '../../src/http/index.js';
import { startLoopback } from '../http/loopback.js';
import type { Loopback } from '../http/loopback.js';
import { createAzureEmulator } from '../stack/azure/index.js';
import type { AzureControl } from '../stack/azure/index.js';

export interface AzureWorld {
  readonly control: AzureControl;
  readonly loopback: Loopback;
  readonly http: HttpClient;
  /** Everything that was masked. */
  readonly masked: string[];
  readonly secrets: { mask(value: string): void };
  /** Debug lines of the HTTP client. */
  readonly lines: string[];
  close(): Promise<void>;
}

export async function startAzure(
  options: { readonly trusted?: boolean } = {},
): Promise<AzureWorld> {
  const emulator = createAzureEmulator();
  const loopback = await startLoopback((host, req, res) => {
    if (req.url?.startsWith('/oauth2/')) {
      emulator.handleRegistryAuth(host, req, res);
    } else if (req.url === '/v2/') {
      const realm = `https://${host}/oauth2/token`;
      res.writeHead(401, { 'WWW-Authenticate': `Bearer realm="${realm}",service="${host}"` });
      res.end();
    } else if (!emulator.handle(host, req, res)) {
      res.writeHead(404);
      res.end();
    }
  }, options);
  const lines: string[] = [];
  const masked: string[] = [];
  return {
    control: emulator.control,
    loopback,
    http: createHttpClient({
      userAgent: 'test/1',
      log: { debug: (line) => lines.push(line) },
    }),
    masked,
    secrets: { mask: (value) => masked.push(value) },
    lines,
    close: () => loopback.close(),
  };
}
