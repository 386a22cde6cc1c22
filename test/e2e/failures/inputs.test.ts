/** Inputs that cannot be meant: refused by the shipped bundles before anybody is asked anything. */
import { afterAll, describe, expect, it } from 'vitest';
import type { ProductHost } from '../product.js';
import { setUp } from '../set-up.js';
import { expectRefused, type Expected } from './refused.js';

const { stack, scenario } = await setUp();
const hosts: readonly ProductHost[] = ['action', 'task', 'cli'];

const mark = await stack.requestMark();

afterAll(async () => {
  // Other test files have registries of their own; this one's must not have been asked for.
  expect(await stack.requests({ since: mark, matching: scenario.registry.loginServer })).toEqual(
    [],
  );
});

/** What would work, but that nothing of it exists. */
const good = {
  repository: 'team/app',
  tags: '1.0',
  'signing-key': 'https://contoso-keys.vault.azure.net/keys/team-app',
};

/** Docker fetches it, so that no Dockerfile is missing; these runs end before. */
const elsewhere = { context: 'https://github.com/contoso/app.git' };

interface Case extends Omit<Expected, 'code'>, Partial<Pick<Expected, 'code'>> {
  readonly title: string;
  readonly inputs: Readonly<Record<string, string>>;
}

const cases: readonly Case[] = [
  {
    title: 'an unknown engine',
    inputs: { engine: 'podman' },
    message: /"engine" is "podman", which is none of native, docker/,
    remedy: /Set engine, for example: native/,
  },
  {
    title: 'a registry with a scheme',
    inputs: { registry: 'https://contoso.azurecr.io' },
    message: /"registry" cannot be used: "https:\/\/contoso\.azurecr\.io" is not a registry host/,
    remedy: /myregistry\.azurecr\.io\. Leave out the scheme/,
  },
  {
    title: 'a registry that is no host',
    inputs: { registry: 'contoso azurecr io' },
    message: /"contoso azurecr io" is not a registry host/,
    remedy: /myregistry\.azurecr\.io/,
  },
  {
    title: 'a repository in capitals',
    inputs: { repository: 'Team/App' },
    message: /"repository" cannot be used: "Team\/App" is not a repository/,
    remedy: /lower-case letters/,
  },
  {
    title: 'a repository with a tag',
    inputs: { repository: 'team/app:1.0' },
    message: /"team\/app:1\.0" is not a repository/,
    remedy: /neither registry nor tag/,
  },
  {
    title: 'a tag that no registry takes',
    inputs: { tags: '1.0, -latest' },
    message: /"tags" cannot be used: "-latest" is not a tag/,
    remedy: /starts with neither "\." nor "-"/,
  },
  {
    title: 'no tags',
    inputs: { tags: '' },
    code: 'INPUT_MISSING',
    message: /"tags" is not set/,
    remedy: /Set tags, for example: 1\.4\.2, latest/,
  },
  {
    title: 'a digest that is none',
    inputs: { command: 'sign', digest: 'sha256:1234' },
    message: /"digest" cannot be used: "sha256:1234" is not a digest/,
    remedy: /sha256:9f86d081/,
  },
  {
    title: 'a key reference by http',
    inputs: { 'signing-key': 'http://contoso-keys.vault.azure.net/keys/app' },
    code: 'KEY_REFERENCE_INVALID',
    message: /"signing-key" cannot be used: .*http:\/\/contoso-keys\S+ is not https/,
    remedy: /https:\/\/.*vault\.azure\.net/,
  },
  {
    title: 'a key reference to another host',
    inputs: { 'signing-key': 'https://vault.example.com/keys/app' },
    code: 'KEY_REFERENCE_INVALID',
    message: /"vault\.example\.com" of the key reference is not a Key Vault/,
    remedy: /https:\/\/.*vault\.azure\.net/,
  },
  {
    title: 'a key reference with a short version',
    inputs: { 'root-key': 'https://contoso-keys.vault.azure.net/keys/app/12ab' },
    code: 'KEY_REFERENCE_INVALID',
    message: /"root-key" cannot be used: The version in .* is not 32 hexadecimal digits/,
    remedy: /https:\/\/.*vault\.azure\.net/,
  },
  {
    title: 'a pin with a fingerprint that is too short',
    inputs: { 'trust-pin': 'sha256:ab:cd' },
    message: /"trust-pin" cannot be used: the fingerprint does not have 64 hex digits/,
    remedy: /SHA-256 fingerprint of the root certificate/,
  },
  {
    title: 'a pin that is a secret',
    inputs: { 'trust-pin': 'https://contoso-root.vault.azure.net/secrets/root' },
    message: /a Key Vault secret cannot be a pin/,
    remedy: /Pin the Key Vault key or certificate/,
  },
  {
    title: 'a client ID that is none',
    inputs: { 'client-id': 'team-app' },
    message: /"client-id" is not a GUID/,
    remedy: /11111111-2222-3333-4444-555555555555/,
  },
  {
    title: 'a trust server by http',
    inputs: { 'trust-server': 'http://notary.contoso.example' },
    message: /the trust server is not an https URL/,
    remedy: /https:\/\/contoso\.azurecr\.io/,
  },
  {
    title: 'a resource ID that is none',
    inputs: { 'registry-id': 'contoso' },
    message: /"registry-id" cannot be used/,
    remedy: /\/subscriptions\//,
  },
  {
    title: 'a boolean that is none',
    inputs: { 'content-trust': 'yes' },
    message: /"content-trust" is "yes", which is neither true nor false/,
    remedy: /content-trust/,
  },
  {
    title: 'a report in a folder that is not there',
    inputs: { 'trust-report': 'no/such/folder/report.json' },
    code: 'FILE_NOT_WRITTEN',
    message:
      /no\/such\/folder\/report\.json cannot be written to: there is no folder .*no\/such\/folder/,
    remedy: /in a folder that this run may write to/,
  },
  {
    title: 'no signing key',
    inputs: { 'signing-key': '' },
    code: 'INPUT_MISSING',
    message: /"signing-key" is not set, and something is to be signed/,
    remedy: /keys\/team-app, or set content-trust to false/,
  },
  {
    title: 'the docker engine with buildx',
    inputs: { engine: 'docker', builder: 'buildx' },
    code: 'INPUT_CONFLICT',
    message: /"builder" is "buildx", and the docker engine signs only what the classic builder/,
    remedy: /Set engine to native, or leave builder out/,
  },
  {
    title: 'the docker engine for what is in the registry already',
    inputs: { engine: 'docker', command: 'sign' },
    code: 'INPUT_CONFLICT',
    message: /"engine" is "docker", which signs only what it pushes itself/,
    remedy: /Leave engine out/,
  },
  {
    title: 'a client secret and a certificate',
    inputs: { 'client-certificate': '/etc/acr/principal.pem' },
    code: 'INPUT_CONFLICT',
    message: /"client-certificate" is set, and so is "client-secret"/,
    remedy: /not both/,
  },
  {
    title: 'a client secret without a client',
    inputs: { 'client-id': '' },
    code: 'INPUT_MISSING',
    message: /"client-id" is not set, but "client-secret" is/,
    remedy: /Set client-id/,
  },
];

describe('an input that cannot be used', () => {
  it.concurrent.each(cases)('is refused: $title', async ({ inputs, ...expected }) => {
    await expectRefused(
      scenario,
      { inputs: { ...('command' in inputs ? {} : elsewhere), ...good, ...inputs } },
      { code: 'INPUT_INVALID', ...expected },
    );
  });

  it.concurrent.each(['action', 'task'] as const)(
    'is refused on the %s: an unknown command',
    async (host) => {
      await expectRefused(
        scenario,
        { host, inputs: { ...good, command: 'deploy' } },
        {
          code: 'INPUT_INVALID',
          message: /"command" is "deploy", and there is no such command/,
          remedy: /Use one of: buildAndPush, build, push, sign/,
        },
      );
    },
  );

  it.concurrent('is refused on the command line: an unknown command', async () => {
    const result = await scenario.run({ host: 'cli', inputs: { ...good, command: 'deploy' } });
    expect(result.exitCode).toBe(2);
    expect(result.stderr).toMatch(/error INPUT_INVALID: unknown command 'deploy'/);
    expect(result.stderr).toMatch(/--help/);
  });

  it.concurrent.each(hosts)(
    'is told with all others at once, as the %s names them',
    async (host) => {
      const name = (kebab: string) =>
        host === 'task' ? kebab.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase()) : kebab;
      const result = await expectRefused(
        scenario,
        {
          host,
          inputs: {
            ...good,
            repository: 'Team/App',
            tags: '.1',
            'signing-key': 'https://contoso-keys.vault.azure.net/passwords/app',
            'client-certificate': '/etc/acr/principal.pem',
            pull: 'yes',
            'trust-report': 'no-such-folder/report.json',
          },
        },
        {
          code: 'INPUT_INVALID',
          message: /^7 inputs cannot be used:\n.*such as team\/app\./s,
          remedy: /as its line says/,
        },
      );
      for (const input of [
        'repository',
        'tags',
        'pull',
        'trust-report',
        'signing-key',
        'dockerfile',
      ]) {
        // On a line of its own, with what to do.
        const line = new RegExp(`(^|\\n|%0A)"${name(input)}" [^\\n]+\\. \\S`);
        expect(result.output).toMatch(line);
      }
    },
  );
});
