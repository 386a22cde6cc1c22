import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type BuildRequest,
  type DockerCli,
  type PushProgress,
  pushAndSignTags,
  pushTags,
  resolveLocalImage,
  runBuild,
} from '../../src/docker/index.js';
import { TrustError } from '../../src/errors.js';
import {
  type Rule,
  failureOf,
  recordingLog,
  scriptedDocker,
  temporaryFolder,
} from './support/scripted-docker.js';

const app = 'contoso.azurecr.io/team/app';
const id = `sha256:${'1'.repeat(64)}`;
const other = `sha256:${'2'.repeat(64)}`;
const digest = `sha256:${'3'.repeat(64)}`;
const older = `sha256:${'4'.repeat(64)}`;

const inspected = (imageId: string, repoDigests: string[] = []): string =>
  JSON.stringify({ Id: imageId, RepoDigests: repoDigests });
const inspect: Rule = { args: /^image inspect/, stdout: inspected(id) };
const missing: Rule = {
  args: /^image inspect/,
  exitCode: 1,
  stdout: '[]\n',
  stderr: 'Error: No such image: x\n',
};
const classic: BuildRequest = {
  builder: 'classic',
  context: '.',
  tags: [`${app}:1`],
  output: { kind: 'load' },
  buildArgs: ['TOKEN=hush'],
};
const buildx: BuildRequest = { ...classic, builder: 'buildx' };

/** The last that was told of each reference. */
function recordingProgress(): {
  readonly states: Record<string, PushProgress>;
  readonly onProgress: (reference: string, progress: PushProgress) => void;
} {
  const states: Record<string, PushProgress> = {};
  return {
    states,
    onProgress: (reference, progress) => {
      states[reference] = progress;
    },
  };
}

function options(): { tempDirectory: string; log: ReturnType<typeof recordingLog> } {
  return { tempDirectory: temporaryFolder(), log: recordingLog() };
}

describe('a build', () => {
  it('tells the image it made by the ID Docker recorded, and leaves no record file', async () => {
    const { docker, calls } = scriptedDocker([{ args: /^build /, iid: id }, inspect]);
    const run = options();
    expect(await runBuild(docker, classic, run)).toEqual({ kind: 'loaded', imageId: id });
    expect(calls()[0]?.env).toMatchObject({ DOCKER_BUILDKIT: '0', DOCKER_CONTENT_TRUST: '0' });
    expect(run.log.lines.join('\n')).not.toContain('hush');
    expect(readdirSync(run.tempDirectory)).toEqual([]);
  });

  it('accepts an image named by its manifest, as in the containerd store', async () => {
    const { docker } = scriptedDocker([
      {
        args: /^buildx build/,
        iid: other,
        metadata: { 'containerimage.config.digest': other, 'containerimage.digest': id },
      },
      inspect,
    ]);
    expect(await runBuild(docker, buildx, options())).toEqual({ kind: 'loaded', imageId: id });
  });

  it('notices that another build took the tag meanwhile', async () => {
    const { docker } = scriptedDocker([{ args: /^build /, iid: other }, inspect]);
    expect(await failureOf(runBuild(docker, classic, options()))).toMatchObject({
      code: 'TAG_MOVED',
    });
  });

  it('fails where the engine does not hold what was built', async () => {
    const { docker } = scriptedDocker([{ args: /^build /, iid: id }, missing]);
    expect(await failureOf(runBuild(docker, classic, options()))).toMatchObject({
      code: 'BUILD_FAILED',
    });
  });

  it('tells what buildx pushed by its metadata', async () => {
    const descriptor = { mediaType: 'application/vnd.oci.image.index.v1+json', digest, size: 855 };
    const { docker } = scriptedDocker([
      {
        args: /^buildx build.* --push/,
        metadata: {
          'containerimage.descriptor': descriptor,
          'containerimage.digest': digest,
          // What buildx 0.13 writes with the driver docker and the containerd store.
          'containerimage.config.digest': digest,
        },
      },
    ]);
    expect(await runBuild(docker, { ...buildx, output: { kind: 'push' } }, options())).toEqual({
      kind: 'pushed',
      content: { candidates: [digest], descriptor },
    });
  });

  it.each([
    ['without a digest', {}],
    ['with a digest that is none', { 'containerimage.digest': 'sha256:12' }],
  ])('fails where buildx leaves metadata %s', async (_, metadata) => {
    const { docker } = scriptedDocker([{ args: /^buildx build/, metadata }]);
    const run = runBuild(docker, { ...buildx, output: { kind: 'push' } }, options());
    expect(await failureOf(run)).toMatchObject({ code: 'PUSH_FAILED' });
  });

  it('uses content trust of Docker itself for the base images only where asked', async () => {
    const { docker, calls } = scriptedDocker([{ args: /^build /, iid: id }, inspect]);
    await runBuild(docker, classic, { ...options(), contentTrust: { server: 'https://trust' } });
    expect(calls()[0]?.env).toMatchObject({
      DOCKER_CONTENT_TRUST: '1',
      DOCKER_CONTENT_TRUST_SERVER: 'https://trust',
    });
    const refused = runBuild(docker, buildx, { ...options(), contentTrust: {} });
    expect(await failureOf(refused)).toMatchObject({ code: 'INPUT_CONFLICT' });
  });
});

describe('a build that fails', () => {
  it.each<readonly [string, BuildRequest, string, string]>([
    [
      "a step of the user's own",
      classic,
      "The command '/bin/sh -c false' returned a non-zero code: 1",
      'BUILD_FAILED',
    ],
    [
      'a step that talks like Docker',
      buildx,
      'unknown flag: --x\nERROR: process "/bin/sh -c tool --x" did not complete successfully: exit code: 1',
      'BUILD_FAILED',
    ],
    [
      'no engine',
      classic,
      'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?',
      'DOCKER_ENGINE_DOWN',
    ],
    [
      'a driver that cannot',
      buildx,
      'ERROR: push-by-digest is currently not implemented for docker driver, please create a new builder instance',
      'DOCKER_UNSUITABLE',
    ],
    [
      'several platforms on the driver docker',
      buildx,
      'ERROR: Multi-platform build is not supported for the docker driver.',
      'DOCKER_UNSUITABLE',
    ],
    [
      'an old CLI',
      buildx,
      "unknown flag: --metadata-file\nSee 'docker build --help'.",
      'DOCKER_UNSUITABLE',
    ],
    [
      'no such context',
      classic,
      'unable to prepare context: path "/nope" not found',
      'BUILD_FAILED',
    ],
    [
      'a push refused within the build',
      { ...buildx, output: { kind: 'push' } },
      'ERROR: failed to solve: failed to push contoso.azurecr.io/team/app:1: denied: requested access to the resource is denied',
      'PUSH_NOT_AUTHORIZED',
    ],
    [
      'a registry that stumbles over a push by the driver of Docker',
      { ...buildx, output: { kind: 'push' } },
      ' > pushing contoso.azurecr.io/team/app:1 with docker:\nERROR: unexpected status from HEAD request to https://contoso.azurecr.io/v2/team/app/manifests/1: 500 Internal Server Error',
      'PUSH_FAILED',
    ],
    [
      'a registry out of reach within the build',
      { ...buildx, output: { kind: 'push' } },
      'ERROR: failed to solve: failed to push localhost:1/x:1: failed to do request: Head "https://localhost:1/v2/x": dial tcp 127.0.0.1:1: connect: connection refused',
      'PUSH_FAILED',
    ],
  ])('tells apart: %s', async (_, request, stderr, code) => {
    const { docker } = scriptedDocker([
      { args: /build /, exitCode: 1, stderr, stdout: '#5 [2/2] RUN x\n' },
    ]);
    const error = await failureOf(runBuild(docker, request, options()));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(stderr.split('\n').at(-1));
    expect(error.remedy).not.toBe('');
  });

  it.each([
    ['No valid trust data for 3.20', 'BASE_IMAGE_UNSIGNED'],
    [
      'error during connect: Post "http://x/v1.41/build?buildargs=%7B%22T%22%3A%22hush%22%7D": Error: remote trust data does not exist for docker.io/x/y: notary.docker.io does not have trust data for docker.io/x/y',
      'BASE_IMAGE_UNSIGNED',
    ],
    [
      'Error: remote repository docker.io/x/y out-of-date: targets expired at Wed Jan 1 00:00:00 UTC 2020',
      'TRUST_DATA_EXPIRED',
    ],
    ['could not rotate trust to a new trusted root: failed to validate data', 'TRUST_DATA_INVALID'],
    [
      'error during connect: Post "http://x/v1.41/build?buildargs=%7B%22T%22%3A%22hush%22%7D": invalid reference format',
      'DOCKER_UNSUITABLE',
    ],
    [
      "No valid trust data for 3\nThe command '/bin/sh -c x' returned a non-zero code: 1",
      'BUILD_FAILED',
    ],
  ])('for its base images, with content trust on: %s', async (stderr, code) => {
    const { docker } = scriptedDocker([{ args: /^build /, exitCode: 1, stderr }]);
    const error = await failureOf(runBuild(docker, classic, { ...options(), contentTrust: {} }));
    expect(error).toMatchObject({ code });
    // The engine's address holds the build arguments.
    expect(error.message).not.toContain('hush');
  });
});

describe('a push', () => {
  const request = { repository: app, tags: [`${app}:1`, `${app}:latest`], imageId: id };
  const pushed: Rule = { args: /^push/, stdout: '1: digest: sha256:bad size: 528\n' };

  it("tells what was pushed by the engine's record of exactly our repository", async () => {
    const repoDigests = [
      `contoso.azurecr.io/team/app2@${other}`,
      `${app}@${older}`,
      `${app}@${digest}`,
      `docker.io/team/app@${other}`,
    ];
    const { docker, calls } = scriptedDocker([
      { ...inspect, stdout: inspected(id, repoDigests) },
      pushed,
    ]);
    expect(await pushTags(docker, request, recordingLog())).toEqual({
      candidates: [older, digest],
      imageId: id,
    });
    const pushes = calls().filter(({ args }) => args[0] === 'push');
    expect(pushes.map(({ args }) => args[1])).toEqual(request.tags);
    expect(pushes.every(({ env }) => env.DOCKER_CONTENT_TRUST === '0')).toBe(true);
  });

  it('does not start where a tag points to another image by now', async () => {
    const { docker, calls } = scriptedDocker([{ ...inspect, stdout: inspected(other) }, pushed]);
    expect(await failureOf(pushTags(docker, request, recordingLog()))).toMatchObject({
      code: 'TAG_MOVED',
    });
    expect(calls().some(({ args }) => args[0] === 'push')).toBe(false);
  });

  it('fails where the engine has no record of it', async () => {
    const { docker } = scriptedDocker([inspect, pushed]);
    expect(await failureOf(pushTags(docker, request, recordingLog()))).toMatchObject({
      code: 'PUSH_FAILED',
    });
  });

  it.each([
    ['denied: requested access to the resource is denied', 'PUSH_NOT_AUTHORIZED', /AcrPush/],
    ['unauthorized: authentication required', 'PUSH_NOT_AUTHORIZED', /AcrPush/],
    ['no basic auth credentials', 'PUSH_NOT_AUTHORIZED', /AcrPush/],
    [
      "denied: client with IP '10.0.0.1' is not allowed access. Refer https://aka.ms/acr/firewall",
      'REGISTRY_FIREWALL',
      /private address/,
    ],
    [
      'denied: The operation is disallowed on this registry, repository or image.',
      'PUSH_FAILED',
      /locked/,
    ],
    [
      'An image does not exist locally with the tag: contoso.azurecr.io/team/app',
      'PUSH_FAILED',
      /Build the image/,
    ],
    [
      'Get "https://contoso.azurecr.io/v2/": dial tcp: lookup contoso.azurecr.io: no such host',
      'PUSH_FAILED',
      /DNS/,
    ],
    [
      'Get "https://contoso.azurecr.io/v2/": x509: certificate signed by unknown authority',
      'PUSH_FAILED',
      /certs\.d/,
    ],
    ['toomanyrequests: slow down', 'PUSH_FAILED', /throttles/],
    [
      'Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?',
      'DOCKER_ENGINE_DOWN',
      /engine/,
    ],
    ['something new', 'PUSH_FAILED', /lines above/],
  ])('that fails is told apart: %s', async (stderr, code, remedy) => {
    const { docker } = scriptedDocker([inspect, { args: /^push/, exitCode: 1, stderr }]);
    const error = await failureOf(pushTags(docker, request, recordingLog()));
    expect(error).toMatchObject({ code });
    expect(error.message).toContain(stderr);
    expect(error.remedy).toMatch(remedy);
  });

  it('that fails on a later tag tells which were pushed before, and that this one was not', async () => {
    const { docker } = scriptedDocker([
      inspect,
      { args: /^push .*:latest/, exitCode: 1, stderr: 'denied: x' },
      pushed,
    ]);
    const { states, onProgress } = recordingProgress();
    await failureOf(pushTags(docker, { ...request, onProgress }, recordingLog()));
    expect(states).toEqual({ [`${app}:1`]: 'unsigned', [`${app}:latest`]: 'refused' });
  });

  it.each(['unexpected EOF', 'connection reset by peer', 'something new'])(
    'does not say that the registry has nothing when an answer was lost: %s',
    async (stderr) => {
      const { docker } = scriptedDocker([inspect, { args: /^push/, exitCode: 1, stderr }]);
      const { states, onProgress } = recordingProgress();
      await failureOf(pushTags(docker, { ...request, onProgress }, recordingLog()));
      expect(states).toEqual({ [`${app}:1`]: 'pushing' });
    },
  );

  it('that is stopped leaves open whether the registry has the tag', async () => {
    const stopped = new TrustError('INTERRUPTED', 'stopped', { remedy: 'Again.' });
    const docker: DockerCli = (args) =>
      args[0] === 'push'
        ? Promise.reject(stopped)
        : Promise.resolve({ exitCode: 0, stdout: inspected(id), stderr: '' });
    const { states, onProgress } = recordingProgress();
    await failureOf(pushTags(docker, { ...request, onProgress }, recordingLog()));
    expect(states).toEqual({ [`${app}:1`]: 'pushing' });
  });

  it('of tags that are not one local image is refused', async () => {
    const { docker } = scriptedDocker([{ args: /:latest$/, stdout: inspected(other) }, inspect]);
    expect(await failureOf(resolveLocalImage(docker, request.tags))).toMatchObject({
      code: 'PUSH_FAILED',
    });
    const none = scriptedDocker([missing]);
    expect(await failureOf(resolveLocalImage(none.docker, request.tags))).toMatchObject({
      code: 'PUSH_FAILED',
    });
    const down = scriptedDocker([
      { ...missing, stderr: 'Cannot connect to the Docker daemon at unix:///x.' },
    ]);
    expect(await failureOf(resolveLocalImage(down.docker, request.tags))).toMatchObject({
      code: 'DOCKER_ENGINE_DOWN',
    });
  });
});

describe('a push that Docker signs', () => {
  const request = {
    repository: app,
    tags: [`${app}:1`],
    imageId: id,
    trustServer: 'https://trust.example',
    rootPassphrase: 'hush-root',
    repositoryPassphrase: 'hush-repository',
  };
  const signing = `1: digest: ${digest} size: 528\nSigning and pushing trust metadata\n`;
  const record: Rule = { ...inspect, stdout: inspected(id, [`${app}@${digest}`]) };

  it('hands content trust and passphrases to the push alone, in its environment', async () => {
    const { docker, calls } = scriptedDocker([
      record,
      { args: /^push/, stdout: `${signing}Successfully signed ${app}:1\n` },
    ]);
    const log = recordingLog();
    expect(await pushAndSignTags(docker, request, log)).toEqual({
      candidates: [digest],
      imageId: id,
    });
    for (const { args, env } of calls()) {
      const isPush = args[0] === 'push';
      expect(env.DOCKER_CONTENT_TRUST).toBe(isPush ? '1' : undefined);
      expect(env.DOCKER_CONTENT_TRUST_SERVER).toBe(isPush ? 'https://trust.example' : undefined);
      expect(env.DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE).toBe(isPush ? 'hush-root' : undefined);
      expect(env.DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE).toBe(
        isPush ? 'hush-repository' : undefined,
      );
      expect(args.join(' ')).not.toContain('hush');
    }
    expect(log.lines.join('\n')).not.toContain('hush');
  });

  it.each([
    [
      'you are not authorized to perform this operation: server returned 401.',
      'SIGNER_NOT_AUTHORIZED',
    ],
    ['unable to reach trust server at this time: 403.', 'SIGNER_NOT_AUTHORIZED'],
    ['unable to reach trust server at this time: 405.', 'CONTENT_TRUST_UNAVAILABLE'],
    ['unable to reach trust server at this time: 500.', 'TRUST_SERVER_UNREACHABLE'],
    [
      'Error: error contacting notary server: tls: first record does not look like a TLS handshake',
      'TRUST_SERVER_UNREACHABLE',
    ],
    ['failed to sign x: trust server rejected operation.', 'TRUST_SERVER_REJECTED'],
    ['no hashes specified for target "1"', 'DOCKER_UNSUITABLE'],
    [
      'Error: remote repository x out-of-date: targets expired at Wed Jan 1 00:00:00 UTC 2020',
      'TRUST_DATA_EXPIRED',
    ],
    ['could not validate the path to a trusted root: bad', 'TRUST_DATA_INVALID'],
    [
      'Warning: potential malicious behavior - trust data version is lower than expected for remote repository x',
      'TRUST_DATA_INVALID',
    ],
    ['sha256 checksum for targets did not match: expected 00', 'TRUST_DATA_INVALID'],
    [
      'Error: trust data missing for remote repository x or remote repository not found',
      'TRUST_DATA_MISSING',
    ],
    ['no valid signing keys for delegation roles', 'DOCKER_SIGN_FAILED'],
    [
      'failed to sign x: could not find necessary signing keys, at least one of these keys must be available',
      'DOCKER_SIGN_FAILED',
    ],
    ['Enter passphrase for root key with ID 1234567:', 'DOCKER_SIGN_FAILED'],
    ['something new', 'DOCKER_SIGN_FAILED'],
  ])(
    "keeps Docker's words, and says unsigned of what was refused only: %s",
    async (stderr, code) => {
      const { docker } = scriptedDocker([
        record,
        { args: /^push/, exitCode: 1, stdout: signing, stderr },
      ]);
      const { states, onProgress } = recordingProgress();
      const asked = { ...request, onProgress };
      const error = await failureOf(pushAndSignTags(docker, asked, recordingLog()));
      expect(error).toMatchObject({ code });
      expect(error.message).toContain(stderr);
      expect(error.message).toContain(`${app}:1 and then could not sign it: `);
      const isOpen = code === 'TRUST_SERVER_UNREACHABLE' || stderr === 'something new';
      expect(states[`${app}:1`]).toBe(isOpen ? 'maybe-signed' : 'unsigned');
    },
  );

  it('that failed before signing is a failed push', async () => {
    const { docker } = scriptedDocker([
      record,
      { args: /^push/, exitCode: 1, stderr: 'denied: no' },
    ]);
    const error = await failureOf(pushAndSignTags(docker, request, recordingLog()));
    expect(error).toMatchObject({ code: 'PUSH_NOT_AUTHORIZED' });
    expect(error.message).not.toContain('unsigned');
  });

  it('is not believed for its exit code alone, as of Docker CLI 29', async () => {
    const { docker } = scriptedDocker([
      record,
      { args: /^push/, stdout: `1: digest: ${digest} size: 528\n` },
    ]);
    const { states, onProgress } = recordingProgress();
    const asked = { ...request, onProgress };
    const error = await failureOf(pushAndSignTags(docker, asked, recordingLog()));
    expect(error).toMatchObject({ code: 'DOCKER_SIGN_FAILED' });
    expect(error.message).toContain('without signing it');
    expect(states).toEqual({ [`${app}:1`]: 'unsigned' });
  });

  it('takes no trust server without TLS', async () => {
    const { docker, calls } = scriptedDocker([record]);
    const run = pushAndSignTags(
      docker,
      { ...request, trustServer: 'http://trust' },
      recordingLog(),
    );
    expect(await failureOf(run)).toMatchObject({ code: 'INPUT_INVALID' });
    expect(calls()).toEqual([]);
  });
});

describe('what a failed build is said to have failed of', () => {
  const banner =
    'DEPRECATED: The legacy builder is deprecated and will be removed in a future release.\n' +
    '            Install the buildx component to build images with BuildKit:\n' +
    '            https://docs.docker.com/go/buildx/\n\n';

  it.each<[string, string, string]>([
    [
      'the last error, not the deprecation notice before it',
      `${banner}The command '/bin/sh -c exit 3' returned a non-zero code: 3\n`,
      "docker build failed with exit code 1: The command '/bin/sh -c exit 3' returned a non-zero code: 3",
    ],
    [
      'the last error, not warnings or advice around it',
      '1 warning found (use docker --debug to expand):\n - FromAsCasing: casing (line 1)\n' +
        'WARNING: No output specified\nERROR: failed to solve: process did not complete successfully: exit code: 3\n\n' +
        'View build details: docker-desktop://dashboard/build/x\n',
      'docker build failed with exit code 1: ERROR: failed to solve: process did not complete successfully: exit code: 3',
    ],
    [
      'the notice, where Docker said nothing else',
      banner,
      'docker build failed with exit code 1: DEPRECATED: The legacy builder is deprecated',
    ],
  ])('is %s', async (_name, stderr, message) => {
    const { docker } = scriptedDocker([{ args: /^build /, exitCode: 1, stderr }]);
    const error = await failureOf(runBuild(docker, classic, options()));
    expect(error.code).toBe('BUILD_FAILED');
    expect(error.message.startsWith(message)).toBe(true);
  });
});
