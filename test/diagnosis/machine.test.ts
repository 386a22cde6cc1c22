/** The machine and its network: no server, and no Docker, is asked here. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diagnose, type Finding } from '../../src/diagnosis/check.js';
import { dockerChecks } from '../../src/diagnosis/docker.js';
import { addressesOf, networkChecks, type Host } from '../../src/diagnosis/network.js';
import { surroundingsChecks, type Surroundings } from '../../src/diagnosis/surroundings.js';
import type { DockerCapabilities } from '../../src/docker/index.js';
import { TrustError } from '../../src/errors.js';
import { HttpError, type HttpClient } from '../../src/http/index.js';
import { makeCertificate } from '../azure/make-certificate.js';

const now = new Date('2026-11-29T12:00:00.500Z');
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'diagnosis-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function surroundings(given: Partial<Surroundings>): Promise<readonly Finding[]> {
  const usual = { environment: {}, nodeVersion: '24.4.0', clock: () => now, hosts: [] };
  return diagnose(surroundingsChecks({ ...usual, ...given }));
}

const byName = (findings: readonly Finding[], check: string): Finding | undefined =>
  findings.find((one) => one.check === check);

describe('Node.js', () => {
  it.each([
    ['24.4.0', 'pass', 'Node.js 24.4.0'],
    ['22.12.0', 'pass', 'Node.js 22.12.0'],
    ['20.19.0', 'warn', 'Node.js 20.19.0: its support ended on 2026-04-30'],
    ['26.0.0', 'pass', 'Node.js 26.0.0'],
  ])('%s is a %s', async (nodeVersion, verdict, reason) => {
    expect(byName(await surroundings({ nodeVersion }), 'Node.js')).toMatchObject({
      verdict,
      reason,
    });
  });
});

describe('certificate authorities', () => {
  const look = async (environment: Surroundings['environment'], at = now) =>
    byName(await surroundings({ environment, clock: () => at }), 'certificate authorities');

  it('are those of Node.js where nothing is set', async () => {
    expect(await look({})).toMatchObject({ verdict: 'pass' });
  });

  it('of OpenSSL alone are not read by Node.js', async () => {
    expect(await look({ SSL_CERT_FILE: '/etc/ca.pem' })).toMatchObject({
      verdict: 'warn',
      reason: expect.stringContaining('SSL_CERT_FILE set, which Node.js does not read') as string,
      remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
    });
  });

  it('in a file are read, counted and held to their dates', async () => {
    const file = path.join(folder, 'ca.pem');
    const set = { NODE_EXTRA_CA_CERTS: file };
    expect(await look(set)).toMatchObject({
      verdict: 'warn',
      reason: expect.stringContaining('cannot be read, so Node.js ignores it') as string,
    });
    await writeFile(file, 'nothing');
    expect(await look(set)).toMatchObject({
      verdict: 'warn',
      reason: `0 of 0 certificates in ${file} (NODE_EXTRA_CA_CERTS) can be read`,
    });
    await writeFile(file, makeCertificate('ec').certificate);
    expect(await look(set, new Date())).toMatchObject({
      verdict: 'pass',
      reason: `those of Node.js and 1 of ${file} (NODE_EXTRA_CA_CERTS)`,
    });
    expect(await look(set, new Date('2126-01-01'))).toMatchObject({
      verdict: 'warn',
      reason: expect.stringContaining('has expired certificates') as string,
    });
  });
});

describe('proxies', () => {
  const hosts = ['contoso.azurecr.io', 'contoso.vault.azure.net'];
  const look = async (environment: Surroundings['environment']) =>
    byName(await surroundings({ environment, hosts }), 'proxy');

  it('are told by host, and without their passwords', async () => {
    expect(await look({})).toMatchObject({ verdict: 'pass', reason: 'none' });
    const found = await look({
      HTTPS_PROXY: 'http://me:secret@proxy.corp:8080',
      NO_PROXY: '.vault.azure.net',
    });
    expect(found).toMatchObject({
      verdict: 'pass',
      reason:
        'the proxy proxy.corp:8080 (HTTPS_PROXY), for contoso.azurecr.io; without it (NO_PROXY): contoso.vault.azure.net',
    });
    expect(JSON.stringify(found)).not.toContain('secret');
  });
});

const registry: Host = {
  host: 'a.azurecr.io',
  what: 'the registry',
  code: 'REGISTRY_UNREACHABLE',
};
const arm: Host = { host: 'arm', what: 'Resource Manager', code: undefined };

async function look(
  answers: Readonly<Record<string, Date | HttpError>>,
  clock = now,
  addresses?: readonly string[],
  proxy?: string,
) {
  const http: HttpClient = ({ url }) => {
    const answer = answers[new URL(url).host];
    if (answer === undefined || answer instanceof HttpError) {
      return Promise.reject(answer ?? new HttpError('unreachable', 'none'));
    }
    const date = answer.toUTCString();
    const header = (name: string) => (name === 'date' ? date : undefined);
    return Promise.resolve({ status: 401, header, body: Buffer.alloc(0) });
  };
  const { signal } = new AbortController();
  const hosts = [registry, arm];
  const resolve = (host: string) =>
    Promise.resolve(host === registry.host ? addresses : ['20.42.64.1']);
  const asking = { http, clock: () => clock, signal, resolve, proxyOf: () => proxy };
  return diagnose(networkChecks(hosts, asking));
}

describe('the network', () => {
  it('and the clock are right where every host answers with our time', async () => {
    expect(await look({ 'a.azurecr.io': now, arm: now })).toMatchObject([
      { check: 'network', subject: 'a.azurecr.io', verdict: 'pass' },
      { check: 'network', subject: 'arm', verdict: 'pass' },
      { check: 'clock', verdict: 'pass' },
    ]);
  });

  it.each([
    [10, 'pass', 'agrees with the servers, within seconds'],
    [-90, 'warn', "this machine's clock is 90 seconds behind the servers'"],
    [600, 'fail', "this machine's clock is 600 seconds ahead of the servers'"],
  ])('tells a clock that is %d seconds ahead: %s', async (seconds, verdict, reason) => {
    const server = new Date(now.getTime() - seconds * 1000);
    const found = await look({ 'a.azurecr.io': server, arm: server });
    expect(found.at(-1)).toMatchObject({ verdict, reason });
  });

  it('behind a proxy that lets nobody through has the proxy looked at', async () => {
    const refused = new HttpError('unreachable', 'the proxy p.test:1 cannot be used');
    const label = 'the proxy p.test:1 (HTTPS_PROXY)';
    const found = await look({ 'a.azurecr.io': refused, arm: refused }, now, [], label);
    for (const { remedy } of found.slice(0, 2)) {
      expect(remedy).toMatch(/^Check the proxy p\.test:1 \(HTTPS_PROXY\)/);
      expect(remedy).not.toContain('nslookup');
    }
  });

  it('that is not there fails for what a run needs, with its remedy, and warns for the rest', async () => {
    const found = await look({
      'a.azurecr.io': new HttpError('tls', 'GET https://a.azurecr.io/: unknown authority'),
      arm: new HttpError('unreachable', 'ENOTFOUND'),
    });
    expect(found).toMatchObject([
      {
        verdict: 'fail',
        code: 'REGISTRY_UNREACHABLE',
        reason: 'the registry is not reached: GET https://a.azurecr.io/: unknown authority',
        remedy: expect.stringContaining('NODE_EXTRA_CA_CERTS') as string,
      },
      {
        verdict: 'warn',
        remedy: expect.stringMatching(/nslookup arm(?!.*private endpoint)/s) as string,
      },
      { check: 'clock', verdict: 'unknown', reason: 'no server has told the time' },
    ]);
  });
});

describe('a name that resolves to a private address', () => {
  const { host } = registry;
  const seen = 'its name resolves to the private address 10.1.0.4 here, as with a private endpoint';

  it('is told where the host answers', async () => {
    const [found, other] = await look({ [host]: now, arm: now }, now, ['10.1.0.4']);
    expect(found).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining(seen) as string,
      facts: { addresses: ['10.1.0.4'] },
    });
    expect(other?.reason).not.toContain('private');
  });

  it('is told where it does not, with what to look at', async () => {
    const silent = new HttpError('timeout', 'no answer');
    const [found] = await look({ [host]: silent, arm: now }, now, ['10.1.0.4']);
    expect(found).toMatchObject({
      verdict: 'fail',
      reason: `the registry is not reached: no answer; ${seen}`,
      remedy: expect.stringContaining('network security groups') as string,
    });
  });

  it('is not looked for where a proxy resolves names', async () => {
    const proxied = { HTTPS_PROXY: 'http://proxy.test:8080', NO_PROXY: 'localhost.,127.0.0.1' };
    expect(await addressesOf(proxied)(host)).toBeUndefined();
    expect(await addressesOf(proxied)('127.0.0.1:5000')).toEqual(['127.0.0.1']);
  });
});

describe('Docker', () => {
  const there: DockerCapabilities = {
    client: () => Promise.resolve({ version: '28.5.2', major: 28, context: 'default' }),
    engine: () =>
      Promise.resolve({ version: '26.1.5', platform: 'linux/amd64', imageStore: 'classic' }),
    buildx: () => Promise.resolve('v0.13.1'),
    builder: () =>
      Promise.resolve({
        name: 'b',
        driver: 'docker-container',
        nodes: [{ version: 'v0.13.0', platform: 'linux/amd64' }],
      }),
    builderNodes: () => Promise.reject(new Error('a builder must not be started')),
  };
  const look = (changed: Partial<DockerCapabilities>, engine: 'native' | 'docker' = 'native') =>
    diagnose(dockerChecks({ capabilities: { ...there, ...changed }, engine }));

  it('that can do everything passes, and what follows from it is told', async () => {
    const found = await look({});
    expect(found.map(({ verdict }) => verdict)).toEqual(['pass', 'pass', 'pass', 'pass']);
    expect(found[3]?.reason).toBe(
      'v0.13.1, builder b, driver docker-container, on linux/amd64: pushes by digest, so tags appear after they are signed',
    );
  });

  it('whose builder cannot push by digest is told how to have the tags last', async () => {
    const builder = () => Promise.resolve({ name: 'default', driver: 'docker', nodes: [] });
    expect(byName(await look({ builder }), 'buildx')?.reason).toMatch(
      /cannot push by digest, so tags are pushed before they are signed \(.*docker buildx create/,
    );
  });

  it.each([
    ['native', 'pass', 'not possible, and not asked for: Docker CLI 29.0.0 has no content trust'],
    ['docker', 'fail', 'Docker CLI 29.0.0 has no content trust'],
  ] as const)('29 with the engine %s is a %s', async (engine, verdict, reason) => {
    const client = () => Promise.resolve({ version: '29.0.0', major: 29 });
    expect(byName(await look({ client }, engine), 'engine docker')).toMatchObject({
      verdict,
      reason: expect.stringContaining(reason) as string,
    });
  });

  it('that is not there is a warning, and nothing about it is claimed', async () => {
    const none = new TrustError('DOCKER_NOT_FOUND', 'There is no Docker.', {
      remedy: 'Install it.',
    });
    const client = () => Promise.reject(none);
    const found = await look({ client, engine: client });
    expect(found).toMatchObject([
      {
        check: 'Docker CLI',
        verdict: 'warn',
        code: 'DOCKER_NOT_FOUND',
        remedy: expect.stringContaining('sign, verify, inspect and promote do without') as string,
      },
      { verdict: 'unknown', reason: 'not checked: the check of the Docker CLI failed' },
      { verdict: 'unknown', reason: 'not checked: the check of the Docker engine failed' },
      { verdict: 'unknown', reason: 'not checked: the check of the Docker CLI failed' },
    ]);
  });
});
