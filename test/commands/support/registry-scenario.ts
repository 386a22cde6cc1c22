/**
 * A registry with its trust server in this process, and whole runs of commands against it: through
 * the frame that hosts use, over the HTTP client of the product, with a login that Docker has.
 */
import { generateKeyPairSync } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { runCommand, type CommandName } from '../../../src/commands/index.js';
import type { Failure } from '../../../src/report/failure.js';
import type { Host } from '../../../src/hosts/host.js';
import { SecretMasker } from '../../../src/hosts/secret-masker.js';
import { runOn } from '../../../src/hosts/run.js';
import type { HttpRequest, HttpResponse } from '../../../src/http/index.js';
import { startLoopback } from '../../http/loopback.js';
import { fakeRegistries, putImage } from '../../registry/fake-registry.js';
import { FakeTrustServer } from '../../trust/support/fake-trust-server.js';

export const host = 'contoso.azurecr.io';

type Inputs = Partial<Record<string, string>>;

/** What a run has said and handed on. */
export interface Ran {
  readonly failure: Failure | undefined;
  readonly exitCode: unknown;
  readonly outputs: Readonly<Record<string, string>>;
  readonly summary: string;
  readonly warnings: readonly string[];
  /** What the log says besides. */
  readonly lines: readonly string[];
}

export interface RunOptions {
  /** Changes the host. */
  readonly host?: (usual: Host) => Partial<Host>;
  /** What signals and crashes are sent to. */
  readonly process?: EventEmitter;
  readonly run?: typeof runCommand;
}

/** Changes what a request is answered: undefined for the usual. */
export type Answering = (
  request: HttpRequest,
  usual: () => Promise<HttpResponse>,
) => Promise<HttpResponse> | undefined;

/** Opens the scenario. */
export async function startRegistryScenario() {
  const folder = await mkdtemp(path.join(tmpdir(), 'registry-scenario-'));
  const registries = fakeRegistries();
  const registry = registries.registry(host);
  const { http } = registries.at(host, '');
  const trust = new Map<string, FakeTrustServer>();
  const trustOf = (gun: string): FakeTrustServer => {
    const server = trust.get(gun) ?? new FakeTrustServer({ gun, now: () => new Date() });
    trust.set(gun, server);
    return server;
  };
  let answering: Answering = () => undefined;
  const usual = (request: HttpRequest, url: URL): Promise<HttpResponse> => {
    if (url.pathname === '/v2/')
      return Promise.resolve(reply(401, '', { 'www-authenticate': challenge }));
    if (url.pathname === '/oauth2/token') {
      const token = url.searchParams.getAll('scope').join(' ');
      return Promise.resolve(reply(200, JSON.stringify({ access_token: token, expires_in: 3600 })));
    }
    const [, gun] = /^\/v2\/(.+)\/_trust\/tuf\//.exec(url.pathname) ?? [];
    if (gun === undefined) return http(request);
    const server = trustOf(gun);
    return server.http({ ...request, url: server.url + url.pathname + url.search });
  };
  const answerTo = (request: HttpRequest): Promise<HttpResponse> => {
    const answer = (): Promise<HttpResponse> => usual(request, new URL(request.url));
    return answering(request, answer) ?? answer();
  };
  const serve = async (req: IncomingMessage, res: ServerResponse): Promise<void> => {
    const chunks: Buffer[] = [];
    for await (const chunk of req) chunks.push(chunk as Buffer);
    const request = toRequest(req, Buffer.concat(chunks));
    const answer = await answerTo(request);
    for (const name of headers) {
      const value = answer.header(name);
      if (value !== undefined) res.setHeader(name, value);
    }
    res.writeHead(answer.status).end(answer.body);
  };
  const loopback = await startLoopback((_host, req, res) => {
    serve(req, res).catch(() => res.destroy());
  });

  await writeFile(path.join(folder, 'root.pem'), newKey());
  await writeFile(path.join(folder, 'signing.pem'), newKey());
  await mkdir(path.join(folder, 'docker'));
  const auth = Buffer.from('somebody:password').toString('base64');
  await writeFile(
    path.join(folder, 'docker', 'config.json'),
    JSON.stringify({ auths: { [host]: { auth } } }),
  );

  return {
    folder,
    /** What the scenario says, for a test that comes by another way than the network. */
    answerTo,
    answerWith: (change: Answering): void => {
      answering = change;
    },
    /** Puts an image under `tags`; the same content for the same name. */
    push: (repository: string, tags: readonly string[], content = 'content'): string => {
      const into = registry.repository(repository);
      const { digest } = putImage(into, [Buffer.from(content)]);
      const manifest = into.manifests.get(digest);
      if (manifest) for (const tag of tags) into.manifests.set(tag, manifest);
      return digest;
    },
    /** The trust server of a repository. */
    trustOf: (repository: string) => trustOf(`${host}/${repository}`),
    isSigned: (repository: string, tag: string): boolean => {
      const targets = trust.get(`${host}/${repository}`)?.stored('targets');
      const { signed } = JSON.parse(String(targets ?? '{"signed":{"targets":{}}}')) as {
        signed: { targets: Record<string, unknown> };
      };
      return tag in signed.targets;
    },
    run: (command: CommandName, inputs: Inputs, options: RunOptions = {}) =>
      runIn(folder, command, inputs, options),
    close: async (): Promise<void> => {
      await loopback.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export type RegistryScenario = Awaited<ReturnType<typeof startRegistryScenario>>;

async function runIn(
  folder: string,
  command: CommandName,
  inputs: Inputs,
  { host: change, process = new EventEmitter(), run }: RunOptions,
): Promise<Ran> {
  const outputs: Record<string, string> = {};
  const warnings: string[] = [];
  const lines: string[] = [];
  let summary = '';
  const given: Inputs = {
    'registry-login': 'existing',
    'signing-key': path.join(folder, 'signing.pem'),
    'root-key': path.join(folder, 'root.pem'),
    ...inputs,
  };
  const own: Host = {
    name: 'cli',
    masker: new SecretMasker(),
    printer: {
      open: () => undefined,
      close: () => undefined,
      line: (text) => void lines.push(text),
      warning: (text) => void warnings.push(text),
      debug: () => undefined,
    },
    environment: {
      HTTPS_PROXY: globalThis.process.env.HTTPS_PROXY,
      DOCKER_CONFIG: path.join(folder, 'docker'),
    },
    tempDirectory: folder,
    workingDirectory: folder,
    registerSecret: () => undefined,
    command: () => command,
    givenInputs: [],
    warnsOfUnknown: false,
    input: (name) => given[name] ?? '',
    identity: () => ({}),
    setOutput: (name, value) => {
      outputs[name] = value;
    },
    summaryFormat: 'with diagrams and folds',
    addSummary: (markdown) => {
      summary += markdown;
      return Promise.resolve();
    },
    keepReport: () => undefined,
    registerCleanup: () => undefined,
    fail: () => undefined,
  };
  const somewhere = Object.assign(process, { exitCode: undefined as number | undefined });
  const failure = await runOn({ ...own, ...change?.(own) }, somewhere, run);
  return { failure, exitCode: somewhere.exitCode, outputs, summary, warnings, lines };
}

/** The trust report of a run, where it wrote one. */
export async function reportOf({ outputs }: Ran): Promise<Record<string, unknown> | undefined> {
  const file = outputs['trust-report'];
  if (file === undefined) return undefined;
  return JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
}

const challenge = `Bearer realm="https://${host}/oauth2/token",service="${host}"`;
const headers = ['content-type', 'www-authenticate', 'location', 'range', 'docker-content-digest'];

function toRequest(req: IncomingMessage, body: Buffer): HttpRequest {
  const { authorization = '' } = req.headers;
  return {
    method: req.method as HttpRequest['method'],
    url: `https://${host}${req.url ?? '/'}`,
    headers: {
      authorization,
      Authorization: authorization,
      'content-type': req.headers['content-type'] ?? '',
      'Content-Type': req.headers['content-type'] ?? '',
      'Content-Range': req.headers['content-range'] ?? '',
    },
    ...(body.length > 0 ? { body } : {}),
    maxBytes: Number.MAX_SAFE_INTEGER,
  };
}

/** An answer in the place of the usual one. */
export function reply(
  status: number,
  body = '',
  values: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    header: (name) =>
      values[name.toLowerCase()] ??
      (name.toLowerCase() === 'content-type' ? 'application/json' : undefined),
    body: Buffer.from(body),
  };
}

function newKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}
