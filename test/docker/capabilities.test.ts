import { describe, expect, it } from 'vitest';
import {
  createDockerCli,
  dockerCapabilities,
  requireContentTrust,
} from '../../src/docker/index.js';
import { createExec } from '../../src/hosts/exec.js';
import {
  type Rule,
  failureOf,
  scriptedDocker,
  temporaryFolder,
} from './support/scripted-docker.js';

const client = (version: string): object => ({
  Version: version,
  ApiVersion: '1.45',
  DefaultAPIVersion: '1.45',
  Os: 'linux',
  Arch: 'amd64',
  Context: 'default',
});

function docker(version: string, server: string | null, info: object): Rule[] {
  const engine = server === null ? null : { Version: server, Os: 'linux', Arch: 'arm64' };
  return [
    {
      args: /^version/,
      stdout: JSON.stringify({ Client: client(version), Server: engine }),
      ...(server === null
        ? {
            exitCode: 1,
            stderr:
              'Cannot connect to the Docker daemon at unix:///nope.sock. Is the docker daemon running?\n',
          }
        : {}),
    },
    { args: /^info/, stdout: JSON.stringify(info) },
    { args: /^buildx version/, stdout: 'github.com/docker/buildx v0.17.1 257815a\n' },
    {
      args: /^buildx inspect( multi)?$/,
      stdout: 'Name:          multi\nDriver:        docker-container\n\nNodes:\nName: multi0\n',
    },
    { args: /^buildx inspect gone/, exitCode: 1, stderr: 'ERROR: no builder "gone" found\n' },
  ];
}
const classic = { DriverStatus: [['Backing Filesystem', 'extfs']] };
const containerd = { DriverStatus: [['driver-type', 'io.containerd.snapshotter.v1']] };

describe('the nodes of a builder', () => {
  const stopped =
    'Name:          multi\nDriver:        docker-container\n\nNodes:\nName: multi0\nStatus: stopped\n';
  const started =
    'Name:   multi\nDriver: docker-container\n\nNodes:\nName:             multi0\nStatus:           running\n' +
    'BuildKit version: v0.13.1\nPlatforms:        linux/arm64, linux/amd64\n\n' +
    'Name: multi1\nBuildkit: v0.12.5+ab\nPlatforms: linux/amd64*, linux/386\n';

  it('are started where they do not run, for their version and platform', async () => {
    const scripted = scriptedDocker([
      ...docker('28.5.2', '28.5.2', classic).filter(({ args }) => !args.source.includes('inspect')),
      { args: /^buildx inspect multi$/, stdout: stopped },
      { args: /^buildx inspect --bootstrap multi$/, stdout: started },
    ]);
    expect(await dockerCapabilities(scripted.docker).builderNodes('multi')).toEqual([
      { version: 'v0.13.1', platform: 'linux/arm64' },
      // The user's own list of platforms says nothing about BuildKit's.
      { version: 'v0.12.5+ab' },
    ]);
  });

  it('are asked once where they run', async () => {
    const scripted = scriptedDocker([
      ...docker('28.5.2', '28.5.2', classic).filter(({ args }) => !args.source.includes('inspect')),
      { args: /^buildx inspect$/, stdout: started },
    ]);
    const capabilities = dockerCapabilities(scripted.docker);
    expect(await capabilities.builderNodes()).toHaveLength(2);
    expect((await capabilities.builder()).nodes).toEqual(await capabilities.builderNodes());
  });
});

describe('what the Docker at hand is', () => {
  it('is asked once per question', async () => {
    const scripted = scriptedDocker(docker('28.5.2', '28.5.2', classic));
    const capabilities = dockerCapabilities(scripted.docker);
    for (let round = 0; round < 2; round++) {
      expect(await capabilities.client()).toEqual({
        version: '28.5.2',
        major: 28,
        context: 'default',
      });
      expect(await capabilities.engine()).toEqual({
        version: '28.5.2',
        platform: 'linux/arm64',
        imageStore: 'classic',
      });
      expect(await capabilities.buildx()).toBe('v0.17.1');
      expect(await capabilities.builder()).toEqual({
        name: 'multi',
        driver: 'docker-container',
        nodes: [{}],
      });
    }
    expect(scripted.calls().map(({ args }) => args[0])).toEqual([
      'version',
      'info',
      'buildx',
      'buildx',
    ]);
  });

  it('is an error where there is no docker', async () => {
    const cli = createDockerCli({
      exec: createExec({ info: () => undefined }),
      env: { PATH: temporaryFolder() },
    });
    const error = await failureOf(dockerCapabilities(cli).client());
    expect(error).toMatchObject({ code: 'DOCKER_NOT_FOUND' });
  });

  it('names the context and the words of the engine where it does not answer', async () => {
    const { docker: cli } = scriptedDocker(docker('28.5.2', null, {}));
    const error = await failureOf(dockerCapabilities(cli).engine());
    expect(error).toMatchObject({ code: 'DOCKER_ENGINE_DOWN' });
    expect(error.message).toContain('context "default"');
    expect(error.message).toContain('Cannot connect to the Docker daemon at unix:///nope.sock');
  });

  it('names DOCKER_HOST rather than the context where both are set', async () => {
    const { docker: cli } = scriptedDocker(docker('28.5.2', null, {}));
    const error = await failureOf(dockerCapabilities(cli, { host: 'tcp://build:2376' }).engine());
    expect(error.message).toContain('(DOCKER_HOST tcp://build:2376)');
  });

  it('notices an engine that fails behind an exit code of 0', async () => {
    const { docker: cli } = scriptedDocker(
      docker('26.1.5', '26.1.5', { ServerErrors: ['Error response from daemon: shutting down'] }),
    );
    const error = await failureOf(dockerCapabilities(cli).engine());
    expect(error).toMatchObject({ code: 'DOCKER_ENGINE_DOWN' });
    expect(error.message).toContain('shutting down');
  });

  it('is unsuitable where the program is something else', async () => {
    const { docker: cli } = scriptedDocker([{ args: /./, stdout: 'hello' }]);
    expect(await failureOf(dockerCapabilities(cli).client())).toMatchObject({
      code: 'DOCKER_UNSUITABLE',
    });
  });

  it('has no buildx where the plugin is missing, and says so when a builder is wanted', async () => {
    const { docker: cli } = scriptedDocker([
      { args: /^buildx/, exitCode: 1, stderr: "docker: 'buildx' is not a docker command.\n" },
      ...docker('20.10.24+dfsg1', '20.10.24', classic),
    ]);
    const capabilities = dockerCapabilities(cli);
    expect(await capabilities.buildx()).toBeUndefined();
    expect(await failureOf(capabilities.builder())).toMatchObject({ code: 'DOCKER_UNSUITABLE' });
  });

  it('keeps the words of buildx about a builder that is not there', async () => {
    const { docker: cli } = scriptedDocker(docker('28.5.2', '28.5.2', classic));
    const error = await failureOf(dockerCapabilities(cli).builder('gone'));
    expect(error).toMatchObject({ code: 'DOCKER_UNSUITABLE' });
    expect(error.message).toContain('no builder "gone" found');
  });
});

describe('signing by the Docker CLI', () => {
  it.each(['20.10.24+dfsg1', '28.5.2'])(
    'is possible with %s and the classic image store',
    async (version) => {
      const { docker: cli } = scriptedDocker(docker(version, version, classic));
      await expect(requireContentTrust(dockerCapabilities(cli))).resolves.toBeUndefined();
    },
  );

  it.each(['29.0.0', '29.4.2', '30.1.0-rc.1'])('is refused with %s', async (version) => {
    const { docker: cli } = scriptedDocker(docker(version, version, classic));
    const error = await failureOf(requireContentTrust(dockerCapabilities(cli)));
    expect(error).toMatchObject({ code: 'DOCKER_UNSUITABLE' });
    expect(error.remedy).toContain('28.5.2');
  });

  it('is refused with the containerd image store', async () => {
    const { docker: cli } = scriptedDocker(docker('28.5.2', '28.5.2', containerd));
    const error = await failureOf(requireContentTrust(dockerCapabilities(cli)));
    expect(error).toMatchObject({ code: 'DOCKER_UNSUITABLE' });
    expect(error.message).toContain('containerd');
  });
});

describe('Podman in the place of Docker', () => {
  const server = {
    Version: '4.3.1',
    Os: 'linux',
    Arch: 'amd64',
    Components: [{ Name: 'Podman Engine', Version: '4.3.1' }, { Name: 'Conmon' }],
  };
  const dockerClient = { Version: '28.2.2', ApiVersion: '1.41', Context: 'default' };

  it.each<[string, object, string]>([
    [
      'as the program, with its notice',
      { Client: { Version: '4.3.1' } },
      'Emulate Docker CLI using podman. Create /etc/containers/nodocker to quiet msg.\n',
    ],
    [
      'as the program, without its notice',
      { Client: { APIVersion: '4.3.1', Version: '4.3.1', OsArch: 'linux/amd64' } },
      '',
    ],
    ['as the engine behind a real Docker CLI', { Client: dockerClient, Server: server }, ''],
  ])('is refused before anything is built: %s', async (_name, answer, stderr) => {
    const { docker: cli, calls } = scriptedDocker([
      { args: /^version/, stdout: JSON.stringify(answer), stderr },
    ]);
    const error = await failureOf(dockerCapabilities(cli).engine());
    expect(error).toMatchObject({ code: 'DOCKER_UNSUITABLE' });
    expect(error.message).toContain('Podman 4.3.1');
    expect(error.remedy).toContain('`sign`');
    expect(
      calls()
        .map(({ args }) => args[0])
        .sort(),
    ).toEqual(['info', 'version']);
  });
});
