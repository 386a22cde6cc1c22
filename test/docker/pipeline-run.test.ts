import { describe, expect, it } from 'vitest';
import { readPipelineRun, withLabels } from '../../src/docker/index.js';

const azure = {
  TF_BUILD: 'True',
  SYSTEM_HOSTTYPE: 'build',
  SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: 'https://dev.azure.com/contoso/',
  SYSTEM_TEAMPROJECT: 'Team Apps',
  BUILD_BUILDID: '4711',
  BUILD_BUILDNUMBER: '20261129.1',
  BUILD_BUILDURI: 'vstfs:///Build/Build/4711',
  BUILD_DEFINITIONNAME: 'app CI',
  BUILD_REPOSITORY_NAME: 'app',
  BUILD_REPOSITORY_URI: 'https://contoso@dev.azure.com/contoso/Team%20Apps/_git/app',
  BUILD_SOURCEBRANCHNAME: 'main',
  BUILD_SOURCEVERSION: '4c6c56a0d1e2f3a4b5c6d7e8f9a0b1c2d3e4f5a6',
};

const gitHub = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'contoso/app',
  GITHUB_SHA: azure.BUILD_SOURCEVERSION,
  GITHUB_RUN_ID: '815',
};

describe('a run of Azure Pipelines', () => {
  it('has the tag and the labels of Docker@2, and those of OCI', () => {
    expect(readPipelineRun(azure)).toEqual({
      tag: '4711',
      labels: [
        'com.azure.dev.image.system.teamfoundationcollectionuri=https://dev.azure.com/contoso/',
        'com.azure.dev.image.system.teamproject=Team Apps',
        'com.azure.dev.image.build.repository.name=app',
        `com.azure.dev.image.build.sourceversion=${azure.BUILD_SOURCEVERSION}`,
        'com.azure.dev.image.build.repository.uri=https://dev.azure.com/contoso/Team%20Apps/_git/app',
        'com.azure.dev.image.build.sourcebranchname=main',
        'com.azure.dev.image.build.definitionname=app CI',
        'com.azure.dev.image.build.buildnumber=20261129.1',
        'com.azure.dev.image.build.builduri=vstfs:///Build/Build/4711',
        'org.opencontainers.image.source=https://dev.azure.com/contoso/Team%20Apps/_git/app',
        `org.opencontainers.image.revision=${azure.BUILD_SOURCEVERSION}`,
        'org.opencontainers.image.url=https://dev.azure.com/contoso/Team%20Apps/_build/results?buildId=4711',
      ],
    });
  });

  it('that is a release has the labels of a release', () => {
    const release = {
      ...azure,
      SYSTEM_HOSTTYPE: 'release',
      RELEASE_RELEASEID: '12',
      RELEASE_DEFINITIONNAME: 'app CD',
      RELEASE_RELEASEWEBURL: 'https://dev.azure.com/contoso/_release?releaseId=12',
    };
    const labels = readPipelineRun(release)?.labels ?? [];
    expect(labels).toContain('com.azure.dev.image.release.releaseid=12');
    expect(labels.join('\n')).not.toContain('build.buildnumber');
  });

  it('puts no password of an address into an image', () => {
    const address = 'https://me:hush@git.contoso.example/app.git';
    const labels = readPipelineRun({ ...azure, BUILD_REPOSITORY_URI: address })?.labels ?? [];
    expect(labels.join('\n')).not.toMatch(/hush|me:/);
    expect(labels).toContain('org.opencontainers.image.source=https://git.contoso.example/app.git');
  });

  it.each(['', 'no address'])('without a collection (%j) has the labels of OCI alone', (uri) => {
    const labels = readPipelineRun({ ...azure, SYSTEM_TEAMFOUNDATIONCOLLECTIONURI: uri })?.labels;
    expect(labels?.every((label) => label.startsWith('org.opencontainers.image.'))).toBe(true);
  });

  it('leaves out what is not set, or is no single line', () => {
    const some = { TF_BUILD: 'True', BUILD_SOURCEVERSION: 'C12\n13', BUILD_BUILDID: ' ' };
    expect(readPipelineRun(some)).toEqual({ tag: undefined, labels: [] });
  });
});

describe('a run of GitHub Actions', () => {
  it('has the commit as its tag, and the labels of OCI', () => {
    expect(readPipelineRun(gitHub)).toEqual({
      tag: gitHub.GITHUB_SHA,
      labels: [
        'org.opencontainers.image.source=https://github.com/contoso/app',
        `org.opencontainers.image.revision=${gitHub.GITHUB_SHA}`,
        'org.opencontainers.image.url=https://github.com/contoso/app/actions/runs/815',
      ],
    });
  });

  it('leaves out what is not set', () => {
    expect(readPipelineRun({ GITHUB_ACTIONS: 'true' })).toEqual({ tag: undefined, labels: [] });
  });
});

describe('labels of a run', () => {
  it('are none outside of a pipeline', () => {
    expect(readPipelineRun({ BUILD_BUILDID: '1', GITHUB_SHA: 'a' })).toBeUndefined();
    expect(withLabels(undefined, ['a=b'], [])).toEqual(['a=b']);
  });

  it('come after those that the user names, in one way or another', () => {
    const run = readPipelineRun(gitHub);
    const labels = withLabels(
      run?.labels,
      ['org.opencontainers.image.source=mine'],
      ['org.opencontainers.image.url=mine'],
    );
    expect(labels).toEqual([
      `org.opencontainers.image.revision=${gitHub.GITHUB_SHA}`,
      'org.opencontainers.image.source=mine',
    ]);
  });
});
