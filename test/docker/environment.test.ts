import { describe, expect, it } from 'vitest';
import { dockerEnvironment, namesReferredTo, readVariable } from '../../src/docker/index.js';

describe('the environment of a Docker child process', () => {
  it('holds what Docker needs and nothing else', () => {
    const source = {
      PATH: '/bin',
      HOME: '/root',
      DOCKER_HOST: 'tcp://x',
      BUILDX_BUILDER: 'b',
      BUILDKIT_PROGRESS: 'plain',
      https_proxy: 'http://p',
      LC_ALL: 'C',
      AZURE_CLIENT_SECRET: 'hush',
      SYSTEM_ACCESSTOKEN: 'hush',
      ACTIONS_RUNTIME_TOKEN: 'hush',
      INPUT_SIGNING_KEY_PASSPHRASE: 'hush',
      NOT_SET: undefined,
    };
    expect(dockerEnvironment(source)).toEqual({
      PATH: '/bin',
      HOME: '/root',
      DOCKER_HOST: 'tcp://x',
      BUILDX_BUILDER: 'b',
      BUILDKIT_PROGRESS: 'plain',
      https_proxy: 'http://p',
      LC_ALL: 'C',
      DOCKER_CONTENT_TRUST: '0',
    });
  });

  it('never inherits content trust, not even when asked to pass it through', () => {
    const source = {
      DOCKER_CONTENT_TRUST: '1',
      DOCKER_CONTENT_TRUST_SERVER: 'https://elsewhere',
      DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: 'hush',
    };
    expect(dockerEnvironment(source, { passThrough: Object.keys(source) })).toEqual({
      DOCKER_CONTENT_TRUST: '0',
    });
  });

  it('hands over the names that are asked for, as they are spelled', () => {
    const source = { NPM_TOKEN: 't', npm_token: 'u' };
    expect(dockerEnvironment(source, { passThrough: ['NPM_TOKEN'] })).toMatchObject({
      NPM_TOKEN: 't',
    });
    expect(dockerEnvironment(source, { passThrough: ['NPM_TOKEN'] })).not.toHaveProperty(
      'npm_token',
    );
  });

  it("hands over the runner's cache token only for a GitHub cache", () => {
    const source = { ACTIONS_RUNTIME_TOKEN: 't', ACTIONS_RESULTS_URL: 'u' };
    expect(dockerEnvironment(source)).toEqual({ DOCKER_CONTENT_TRUST: '0' });
    expect(dockerEnvironment(source, { githubCache: true })).toMatchObject(source);
  });

  it('compares names without case on Windows', () => {
    const source = {
      Path: 'C:\\bin',
      SYSTEMROOT: 'C:\\Windows',
      Docker_Content_Trust: '1',
      My_Arg: 'a',
    };
    expect(dockerEnvironment(source, { windows: true, passThrough: ['MY_ARG'] })).toEqual({
      Path: 'C:\\bin',
      SYSTEMROOT: 'C:\\Windows',
      My_Arg: 'a',
      DOCKER_CONTENT_TRUST: '0',
    });
    expect(readVariable(source, 'PATH', true)).toBe('C:\\bin');
    expect(readVariable(source, 'PATH')).toBeUndefined();
  });

  it('finds the names that build arguments and secrets refer to', () => {
    expect(
      namesReferredTo(
        ['A', 'B=1', 'A'],
        ['id=x,env=C', 'id=D', 'id=file,src=./f', 'id=g,source=./g', 'type=env,id=h,env=E'],
      ),
    ).toEqual(['A', 'C', 'D', 'E']);
  });
});
