/** The emulated Azure behind a loopback proxy, and the ports the code under test needs. */
import { createHttpClient } from '../../src/http/index.js';
import type { HttpClient } from '../../src/http/index.js';
import { startLoopback } from '../http/loopback.js';
import type { Loopback } from '../http/loopback.js';
import { createAzureEmulator } from '../azure-emulation/index.js';
import type { AzureControl } from '../azure-emulation/index.js';

export interface EmulatedAzure {
  readonly control: AzureControl;
  readonly loopback: Loopback;
  readonly http: HttpClient;
  /** Everything that was masked. */
  readonly masked: string[];
  readonly secrets: { mask(value: string): void };
  /** Debug lines of the HTTP client. */
  readonly lines: string[];
  /** Lets requests whose path fits wait for ever, until the returned function is called. */
  stall(path: RegExp): () => void;
  close(): Promise<void>;
}

export async function startAzure(
  options: { readonly trusted?: boolean } = {},
): Promise<EmulatedAzure> {
  const emulator = createAzureEmulator();
  let stalled: RegExp | undefined;
  const loopback = await startLoopback((host, req, res) => {
    if (stalled?.test(req.url ?? '') === true) {
      req.resume();
    } else if (req.url?.startsWith('/oauth2/')) {
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
      environment: process.env,
      log: { debug: (line) => lines.push(line), info: (line) => lines.push(line) },
    }),
    masked,
    secrets: { mask: (value) => masked.push(value) },
    lines,
    stall: (path) => {
      stalled = path;
      return () => {
        stalled = undefined;
      };
    },
    close: () => loopback.close(),
  };
}
