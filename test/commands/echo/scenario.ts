/**
 * Everything that a command meets, over real HTTPS: the emulated Azure, a registry with one image, a
 * trust server, and a Docker that is asked in this process. Any one of them can be made to refuse
 * all it is asked, in words that repeat the secrets of the run.
 */
import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import type { HostContext } from '../../../src/commands/index.js';
import type { HttpRequest } from '../../../src/http/index.js';
import { startLoopback } from '../../http/loopback.js';
import { createAzureEmulator, type AzureControl } from '../../azure-emulation/index.js';
import { FakeTrustServer } from '../../trust/support/fake-trust-server.js';

export const registry = 'echo1.azurecr.io';
export const repository = 'team/app';

/** Who can be made to repeat secrets. */
export type Server =
  | 'Entra ID'
  | 'vault'
  | 'token service'
  | 'registry'
  | 'trust server'
  | 'trust server, when it is changed'
  | 'Docker';

/** A server's refusal; `said` is what it was told in the request. */
export type Echo = (said: string) => { readonly contentType: string; readonly body: string };

export interface EchoScenario {
  readonly control: AzureControl;
  /** Has `server` refuse everything from now on; without one, nobody refuses. */
  refuse(server?: Server, echo?: Echo): void;
  /** How often it has refused since then. */
  refused(): number;
  /** The Docker. */
  exec(context: HostContext): HostContext['exec'];
  close(): Promise<void>;
}

/** Opens the scenario; its names lead there by HTTPS_PROXY of this process. */
export async function startEchoScenario(): Promise<EchoScenario> {
  const emulator = createAzureEmulator();
  const trustServers = new Map<string, FakeTrustServer>();
  let refusing: Server | undefined;
  let echo: Echo = () => ({ contentType: '', body: '' });
  let refused = 0;

  const serverOf = (host: string, { method, url = '', headers }: IncomingMessage): Server => {
    if (host.endsWith('.vault.azure.net')) return 'vault';
    if (!host.endsWith('.azurecr.io')) return 'Entra ID';
    if (url.startsWith('/oauth2/')) return 'token service';
    // Whoever comes without a token is told where to get one.
    if (headers.authorization === undefined) return 'registry';
    if (!url.includes('/_trust/')) return 'registry';
    return method === 'GET' ? 'trust server' : 'trust server, when it is changed';
  };
  const answer = async (host: string, req: IncomingMessage, res: ServerResponse) => {
    const server = serverOf(host, req);
    const isChallenge =
      req.headers.authorization === undefined && ['vault', 'registry'].includes(server);
    if (server === refusing && !isChallenge) {
      refused += 1;
      const said = `${req.headers.authorization ?? ''} ${(await buffer(req)).toString()}`;
      const { contentType, body } = echo(said);
      res.writeHead(server === 'Entra ID' ? 401 : 403, { 'content-type': contentType });
      res.end(body);
    } else if (server === 'token service') emulator.handleRegistryAuth(host, req, res);
    else if (!host.endsWith('.azurecr.io')) {
      if (!emulator.handle(host, req, res)) res.writeHead(404).end();
    } else if (isChallenge) challenge(host, req, res);
    else if (server === 'registry') serveImage(req, res);
    else await serveTrust(trustServers, req, res);
  };
  const loopback = await startLoopback((host, req, res) => {
    answer(host, req, res).catch((error: unknown) => {
      res.destroy(error instanceof Error ? error : undefined);
    });
  });
  return {
    control: emulator.control,
    refuse(server, words) {
      refusing = server;
      refused = 0;
      if (words) echo = words;
    },
    refused: () => refused,
    exec:
      ({ log }) =>
      async (_file, args, options) => {
        if (refusing !== 'Docker' || !/^(?:build|push)$/.test(args[0] ?? '')) {
          const idFile = args[args.indexOf('--iidfile') + 1] ?? '';
          if (args.includes('--iidfile')) await writeFile(idFile, digestOf(config));
          return { exitCode: 0, stdout: saidByDocker(args), stderr: '' };
        }
        refused += 1;
        const { body } = echo(JSON.stringify(options.env));
        if (options.echo === true) for (const line of body.split('\n')) log.info(line);
        return { exitCode: 1, stdout: body, stderr: body };
      },
    close: () => loopback.close(),
  };
}

function challenge(host: string, req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  const gun = /^\/v2\/(.+?)\/(?:_trust|manifests|tags|blobs)\//.exec(req.url ?? '')?.[1];
  const scope = gun === undefined ? '' : `,scope="repository:${gun}:pull"`;
  res.writeHead(401, {
    'www-authenticate': `Bearer realm="https://${host}/oauth2/token",service="${host}"${scope}`,
  });
  res.end();
}

const config = Buffer.from(JSON.stringify({ created: '2026-01-01T00:00:00Z', os: 'linux' }));
const digestOf = (bytes: Buffer): string =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const mediaType = 'application/vnd.oci.image.manifest.v1+json';
const manifest = Buffer.from(
  JSON.stringify({
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: digestOf(config),
      size: config.length,
    },
    layers: [],
  }),
);

/** One image, under every tag, with nothing attached to it. */
function serveImage(req: IncomingMessage, res: ServerResponse): void {
  req.resume();
  const url = req.url ?? '';
  if (url.includes('/tags/list')) {
    res.writeHead(200, { 'content-type': 'application/json' });
    res.end(JSON.stringify({ name: repository, tags: ['1', '2'] }));
    return;
  }
  if (url.includes('/manifests/sha256-') || url.includes('/referrers/')) {
    res.writeHead(404).end();
    return;
  }
  const body = url.includes('/blobs/') ? config : manifest;
  res.writeHead(req.method === 'PUT' ? 201 : 200, {
    'content-type': url.includes('/blobs/') ? 'application/octet-stream' : mediaType,
    'docker-content-digest': digestOf(body),
    'content-length': req.method === 'PUT' ? 0 : body.length,
  });
  res.end(req.method === 'GET' ? body : undefined);
}

/** Rights are not the matter here: the token service gave them. */
async function serveTrust(
  servers: Map<string, FakeTrustServer>,
  req: IncomingMessage,
  res: ServerResponse,
): Promise<void> {
  const method = (req.method ?? 'GET') as HttpRequest['method'];
  const [, gun = '', file = ''] = /^\/v2\/(.+)\/_trust\/tuf\/(.*)$/.exec(req.url ?? '') ?? [];
  const server = servers.get(gun) ?? new FakeTrustServer({ gun, now: () => new Date() });
  servers.set(gun, server);
  const isOwners = method === 'DELETE' || (method === 'POST' && file !== '');
  const actions = method === 'POST' || file.endsWith('.key') ? 'pull,push' : 'pull';
  const response = await server.http({
    method,
    url: `${server.url}/v2/${gun}/_trust/tuf/${file}`,
    headers: {
      'content-type': req.headers['content-type'] ?? '',
      authorization: `Bearer repository:${gun}:${isOwners ? '*' : actions}`,
    },
    body: await buffer(req),
    maxBytes: Number.MAX_SAFE_INTEGER,
  });
  res.writeHead(response.status, { 'content-type': response.header('content-type') ?? '' });
  res.end(response.body);
}

/** A Docker without buildx whose builds and pushes succeed. */
function saidByDocker(args: readonly string[]): string {
  switch (args[0] ?? '') {
    case 'version':
      return JSON.stringify({
        Client: { Version: '26.1.0', Platform: { Name: 'Docker Engine - Community' } },
        Server: { Version: '26.1.0', Os: 'linux', Arch: 'amd64' },
      });
    case 'info':
      return JSON.stringify({ Driver: 'overlay2', ServerErrors: [] });
    case 'push':
      return `1: digest: ${digestOf(manifest)} size: ${manifest.length}\n`;
    case 'image':
      return JSON.stringify({
        Id: digestOf(config),
        RepoDigests: [`${registry}/${repository}@${digestOf(manifest)}`],
      });
    default:
      return '';
  }
}
