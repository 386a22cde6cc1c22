/** What the commands that push or sign make of their inputs. */
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  readBuildAndPushJob,
  readBuildJob,
  readPushJob,
  type JobConfiguration,
} from '../../../src/commands/build-push/job-inputs.js';
import { checkIdentity } from '../../../src/commands/inputs/check-identity.js';
import type { Read } from '../../../src/commands/inputs/read.js';
import {
  readSignConfiguration,
  type SignConfiguration,
} from '../../../src/commands/sign/sign-inputs.js';
import { collectProblems, readInputs } from '../../../src/commands/index.js';
import type { TrustError } from '../../../src/errors.js';
import { inputNameOn, type HostName } from '../../../src/inputs/index.js';
import { refusalOf } from '../refusal-of.js';

const key = 'https://contoso-keys.vault.azure.net/keys/team-app';
const certificate = 'https://contoso-keys.vault.azure.net/certificates/release';
const base: Readonly<Record<string, string>> = {
  registry: 'contoso.azurecr.io',
  repository: 'team/app',
  tags: '1.0',
  'signing-key': key,
};

const readers = {
  buildAndPush: readBuildAndPushJob,
  build: readBuildJob,
  push: readPushJob,
  sign: readSignConfiguration,
};

type Reading = keyof typeof readers;

function configure(
  command: Reading,
  texts: Readonly<Record<string, string>>,
  host: HostName = 'cli',
  environment: Readonly<Record<string, string>> = {},
): Partial<JobConfiguration & SignConfiguration> {
  const given = { ...base, ...texts };
  const problems = collectProblems((name) => inputNameOn(host, name));
  const values = readInputs(command, host, (name) => given[name] ?? '', problems);
  const read = { ...problems, values, workingDirectory: '/agent', environment };
  const configuration = readers[command](read as never);
  checkIdentity(read as unknown as Read<never>);
  problems.throwIfAny();
  return configuration;
}

function refusal(command: Reading, texts: Readonly<Record<string, string>>): TrustError {
  return refusalOf(() => configure(command, texts));
}

describe('a configuration', () => {
  it('has what the inputs say, each tag once', () => {
    const { image, signing, build, trustServer } = configure('buildAndPush', {
      tags: '1.0, latest\n1.0',
    });
    expect(image).toEqual({
      registry: 'contoso.azurecr.io',
      repository: 'team/app',
      tags: ['1.0', 'latest'],
      gun: 'contoso.azurecr.io/team/app',
    });
    expect(signing?.signingKey.reference).toMatchObject({ kind: 'vault-key', name: 'team-app' });
    expect(build).toMatchObject({ context: '.', builder: 'auto', baseImages: 'pin-signed' });
    expect(trustServer).toBe('https://contoso.azurecr.io');
  });

  it('lets the registry be written in capitals, as host names may', () => {
    expect(configure('push', { registry: 'Contoso.AzureCR.io' }).image?.gun).toBe(
      'contoso.azurecr.io/team/app',
    );
  });

  it('takes relative paths from the working directory', () => {
    const { signing } = configure('push', {
      'signing-key': 'keys/app.key',
      'trust-pin': 'ca.pem',
    });
    expect(signing?.signingKey.reference).toEqual({
      kind: 'file',
      path: path.resolve('/agent', 'keys/app.key'),
    });
    expect(signing?.pins).toMatchObject([{ kind: 'file', path: path.resolve('/agent', 'ca.pem') }]);
  });

  it.each([
    ['a'.repeat(64), { kind: 'key-id', keyId: 'a'.repeat(64) }],
    [`sha256:${'AB:'.repeat(31)}AB`, { kind: 'certificate-sha256', fingerprint: 'ab'.repeat(32) }],
    [key, { kind: 'vault-key', reference: { kind: 'vault-key', name: 'team-app' } }],
  ])('reads the pin %s', (text, pin) => {
    expect(configure('push', { 'trust-pin': text }).signing?.pins).toMatchObject([pin]);
  });

  it('signs nothing and looks at no base image when content trust is off', () => {
    const { signing, build } = configure('buildAndPush', {
      'content-trust': 'false',
      'signing-key': '',
    });
    expect(signing).toBeUndefined();
    expect(build?.baseImages).toBe('ignore');
  });

  it('has what is signed for Notary Project, unless content trust is off', () => {
    const texts = { signatures: 'notary-project', 'signing-key': certificate };
    const { kinds, signing } = configure('push', texts);
    expect(kinds).toMatchObject({
      isDct: false,
      notaryProject: { certificate: { name: 'release' } },
    });
    expect(signing).toBeDefined();
    const off = configure('push', { ...texts, 'content-trust': 'false' });
    expect(off).toMatchObject({ signing: undefined, kinds: { notaryProject: undefined } });
  });

  it('needs no signing key to build only', () => {
    expect(configure('build', { 'signing-key': '' }).signing).toBeUndefined();
  });

  it('builds with the classic builder when the Docker CLI is to sign', () => {
    expect(configure('buildAndPush', { engine: 'docker' }).build?.builder).toBe('classic');
  });

  it('splits further arguments as a shell would', () => {
    expect(
      configure('build', { 'build-arguments': '--network none --label "a b=c d"' }).build
        ?.extraArguments,
    ).toEqual(['--network', 'none', '--label', 'a b=c d']);
  });
});

describe('in a pipeline', () => {
  const azure = { TF_BUILD: 'True', BUILD_BUILDID: '4711', BUILD_SOURCEVERSION: '4c6c56a' };
  const gitHub = {
    GITHUB_ACTIONS: 'true',
    GITHUB_SHA: '4c6c56a',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_REPOSITORY: 'contoso/app',
  };

  it.each(['build', 'push', 'buildAndPush'] as const)(
    '%s has a tag without naming one',
    (command) => {
      const tagsIn = (environment: Record<string, string>, tags = '') =>
        configure(command, { tags }, 'task', environment).image?.tags;
      expect(tagsIn(azure)).toEqual(['4711']);
      expect(tagsIn(gitHub)).toEqual(['4c6c56a']);
      expect(tagsIn(azure, '1.0, latest')).toEqual(['1.0', 'latest']);
      expect(() => tagsIn({ TF_BUILD: 'True' })).toThrow(/"tags" is not set/);
      expect(() => tagsIn({})).toThrow(/"tags" is not set/);
    },
  );

  it('the image has labels that lead to the run, unless they are switched off', () => {
    const labelsOf = (texts: Record<string, string>) =>
      configure('build', texts, 'action', gitHub).build?.labels;
    const labels = 'org.opencontainers.image.source=mine';
    expect(labelsOf({})).toEqual([
      'org.opencontainers.image.source=https://github.com/contoso/app',
      'org.opencontainers.image.revision=4c6c56a',
    ]);
    expect(labelsOf({ labels })).toEqual(['org.opencontainers.image.revision=4c6c56a', labels]);
    expect(labelsOf({ 'add-pipeline-data': 'false' })).toEqual([]);
  });
});

describe('inputs that cannot be used', () => {
  it.each<[string, Reading, Record<string, string>, string, RegExp]>([
    [
      'a registry with a scheme',
      'push',
      { registry: 'https://contoso.azurecr.io' },
      'INPUT_INVALID',
      /"registry".*not a registry host/,
    ],
    [
      'a repository with a tag',
      'push',
      { repository: 'team/app:1' },
      'INPUT_INVALID',
      /"repository"/,
    ],
    ['a tag with a blank', 'push', { tags: 'a b' }, 'INPUT_INVALID', /"tags".*"a b" is not a tag/],
    ['a digest that is none', 'sign', { digest: 'sha256:12' }, 'INPUT_INVALID', /"digest"/],
    [
      'a key that is no reference',
      'push',
      { 'signing-key': 'http://contoso.vault.azure.net/keys/a' },
      'KEY_REFERENCE_INVALID',
      /"signing-key"/,
    ],
    ['a missing key', 'push', { 'signing-key': '' }, 'INPUT_MISSING', /"signing-key" is not set/],
    [
      'a pin of the wrong length',
      'push',
      { 'trust-pin': 'sha256:abcd' },
      'INPUT_INVALID',
      /64 hex digits/,
    ],
    [
      'a pin that is a secret',
      'push',
      { 'trust-pin': 'https://contoso.vault.azure.net/secrets/a' },
      'INPUT_INVALID',
      /secret cannot be a pin/,
    ],
    [
      'a trust server with a path',
      'push',
      { 'trust-server': 'https://notary.contoso.com/v2' },
      'INPUT_INVALID',
      /"trust-server".*has a path/,
    ],
    [
      'a trust server over http',
      'push',
      { 'trust-server': 'http://notary.contoso.com' },
      'INPUT_INVALID',
      /not an https URL/,
    ],
    [
      'a trust server with a password',
      'push',
      { 'trust-server': 'https://u:p@notary.contoso.com' },
      'INPUT_INVALID',
      /user name or password/,
    ],
    [
      'a registry ID that is none',
      'push',
      { 'registry-id': '/subscriptions/1' },
      'INPUT_INVALID',
      /"registry-id"/,
    ],
    [
      'the docker engine for what is pushed already',
      'sign',
      { engine: 'docker' },
      'INPUT_CONFLICT',
      /"engine" is "docker"/,
    ],
    [
      'the docker engine with buildx',
      'buildAndPush',
      { engine: 'docker', builder: 'buildx' },
      'INPUT_CONFLICT',
      /"builder" is "buildx"/,
    ],
    [
      'the docker engine for both kinds of signatures',
      'push',
      { engine: 'docker', signatures: 'both', 'signing-key': certificate },
      'INPUT_CONFLICT',
      /"engine" is "docker", which signs for Docker Content Trust alone/,
    ],
    [
      'a key without a certificate for Notary Project',
      'push',
      { signatures: 'notary-project' },
      'KEY_REFERENCE_INVALID',
      /"signing-key".*certificate/,
    ],
    [
      'two platforms with the classic builder',
      'build',
      { builder: 'classic', platforms: 'linux/amd64,linux/arm64' },
      'INPUT_CONFLICT',
      /"platforms"/,
    ],
    [
      'build secrets with the docker engine',
      'buildAndPush',
      { engine: 'docker', secrets: 'id=a,env=A' },
      'INPUT_CONFLICT',
      /"secrets"/,
    ],
    [
      'a client ID that is no GUID',
      'push',
      { 'client-id': 'me' },
      'INPUT_INVALID',
      /"client-id" is not a GUID/,
    ],
    [
      'a tenant that is neither',
      'push',
      { 'tenant-id': 'no tenant' },
      'INPUT_INVALID',
      /"tenant-id"/,
    ],
  ])('%s', (_, command, texts, code, message) => {
    const error = refusal(command, texts);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
    expect(error.remedy).not.toBe('');
  });

  it('are all named at once', () => {
    const { message } = refusal('push', { registry: 'a/b', repository: 'A', tags: '-x' });
    expect(message).toMatch(/^3 inputs cannot be used:\n"registry".*\n"repository".*\n"tags"/);
  });

  it('are named as the host at hand spells them', () => {
    expect(() => configure('push', { 'signing-key': '' }, 'task')).toThrow(
      /"signingKey" is not set/,
    );
  });
});

describe('credentials that do not go together', () => {
  const id = '11111111-2222-3333-4444-555555555555';

  it.each<[string, Record<string, string>, string, RegExp]>([
    [
      'a managed identity and a client',
      { 'client-id': id, 'managed-identity': 'system' },
      'INPUT_CONFLICT',
      /"client-id" is set, and so is "managed-identity"/,
    ],
    [
      'a managed identity by its name',
      { 'managed-identity': 'signer' },
      'INPUT_INVALID',
      /"managed-identity" is neither `system`, an object ID/,
    ],
    [
      'a password without a certificate',
      { 'client-certificate-password': 'p' },
      'INPUT_CONFLICT',
      /"client-certificate-password" is set, and "client-certificate" is not/,
    ],
    [
      'a secret and a certificate',
      { 'client-id': id, 'tenant-id': id, 'client-secret': 's', 'client-certificate': 'c' },
      'INPUT_CONFLICT',
      /"client-certificate" is set, and so is "client-secret"/,
    ],
    [
      'a secret without a client',
      { 'tenant-id': id, 'client-secret': 's' },
      'INPUT_MISSING',
      /"client-id" is not set, but "client-secret" is/,
    ],
    [
      'a certificate without a tenant',
      { 'client-id': id, 'client-certificate': 'c' },
      'INPUT_MISSING',
      /"tenant-id" is not set, but "client-certificate" is/,
    ],
  ])('%s', (_, texts, code, message) => {
    const error = refusal('push', texts);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });

  it('a service connection and a secret of its own', () => {
    expect(() =>
      configure('push', { 'azure-subscription': 'contoso', 'client-id': id }, 'task'),
    ).toThrow(/"clientId" is set, and so is "azureSubscription"/);
  });

  it('never show the secret', () => {
    const { message, remedy } = refusal('push', { 'client-secret': 'hush-hush' });
    expect(message + remedy).not.toContain('hush-hush');
  });
});

describe('the images to sign', () => {
  it('have the digest that the step which built them put out', () => {
    const images = 'contoso.azurecr.io/a:1\ncontoso.azurecr.io/a:latest';
    const { repositories } = configure('sign', { ...none, images, digest });
    expect(repositories).toHaveLength(1);
    expect([...(repositories?.[0]?.digests ?? [])]).toEqual([
      ['1', digest],
      ['latest', digest],
    ]);
  });

  const none = { registry: '', repository: '', tags: '' };
  const digest = `sha256:${'ab'.repeat(32)}`;

  it('are sorted into repositories, each tag with the digest it is given', () => {
    const images = `contoso.azurecr.io/a:1, fabrikam.azurecr.io/b/c:2@${digest}\ncontoso.azurecr.io/a:3`;
    const { repositories } = configure('sign', { ...none, images });
    expect(
      repositories?.map(({ image, digests, trustServer }) => [
        image.gun,
        image.tags,
        [...digests],
        trustServer,
      ]),
    ).toEqual([
      ['contoso.azurecr.io/a', ['1', '3'], [], 'https://contoso.azurecr.io'],
      ['fabrikam.azurecr.io/b/c', ['2'], [['2', digest]], 'https://fabrikam.azurecr.io'],
    ]);
  });

  it('are not needed where registry, repository and tags are given, and the other way round', () => {
    expect(configure('sign', {}).repositories).toMatchObject([{ image: { tags: ['1.0'] } }]);
    const error = refusal('sign', none);
    expect(error.code).toBe('INPUT_MISSING');
    expect(error.message).toMatch(
      /"registry" is not set\..*\n"repository" is not set\..*\n"tags" is not set\./,
    );
  });

  it.each([
    [
      'a repository besides',
      { tags: '', images: 'contoso.azurecr.io/a:1' },
      'INPUT_CONFLICT',
      /"repository" is set, and so is "images"/,
    ],
    [
      'an image without tag',
      { ...none, images: `contoso.azurecr.io/a@${digest}` },
      'INPUT_INVALID',
      /names no tag/,
    ],
    [
      'a tag that lists what is attached to an image',
      { tags: `1.0, sha256-${'0'.repeat(64)}` },
      'INPUT_INVALID',
      /"tags" cannot be used: sha256-0+ is not the tag of an image/,
    ],
    [
      'an image by such a tag',
      { ...none, images: `contoso.azurecr.io/a:sha256-${'0'.repeat(64)}.sig` },
      'INPUT_INVALID',
      /"images" cannot be used: sha256-0+\.sig is not the tag of an image/,
    ],
    [
      'an image of another registry',
      { ...none, registry: 'contoso.azurecr.io', images: 'fabrikam.azurecr.io/a:1' },
      'INPUT_CONFLICT',
      /names images of fabrikam/,
    ],
    [
      'one trust server for two registries',
      {
        ...none,
        'trust-server': 'https://notary.contoso.com',
        images: 'contoso.azurecr.io/a:1, fabrikam.azurecr.io/a:1',
      },
      'INPUT_CONFLICT',
      /images of 2 registries/,
    ],
    [
      'a tag for two digests',
      { ...none, images: `contoso.azurecr.io/a:1, contoso.azurecr.io/a:1@${digest}` },
      'INPUT_INVALID',
      /named twice/,
    ],
    [
      'one digest for two repositories',
      { ...none, images: 'contoso.azurecr.io/a:1, contoso.azurecr.io/b:1', digest },
      'INPUT_CONFLICT',
      /"digest" is set, and "images" names 2 repositories/,
    ],
    [
      'a name with another digest than the one of all',
      { ...none, images: `contoso.azurecr.io/a:1@${digest}`, digest: `sha256:${'0'.repeat(64)}` },
      'INPUT_INVALID',
      /different digests/,
    ],
    [
      'a digest that is none, once',
      { ...none, images: 'contoso.azurecr.io/a:1', digest: 'sha256:12' },
      'INPUT_INVALID',
      /^Input "digest" cannot be used/,
    ],
  ])('refuse %s', (_what, texts, code, message) => {
    const error = refusal('sign', texts);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(message);
  });
});
