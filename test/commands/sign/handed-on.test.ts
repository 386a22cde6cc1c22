/** What a run hands on to the steps after it, above all the image that they may deploy. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  host,
  reply,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

let scenario: RegistryScenario;
beforeAll(async () => {
  scenario = await startRegistryScenario();
});
afterEach(() => {
  scenario.answerWith(() => undefined);
});
afterAll(() => scenario.close());

const no = () =>
  Promise.resolve(reply(400, '{"errors":[{"code":"INVALID_UPDATE","message":"no"}]}'));
const refusePublish = (repository: string) => {
  scenario.answerWith(({ method, url }) =>
    method === 'POST' && url.includes(`/${repository}/_trust/`) ? no() : undefined,
  );
};
const one = (repository: string) => ({ registry: host, repository, tags: '1' });

describe('the output "image" of sign', () => {
  it('is what was signed, once it is', async () => {
    const digest = scenario.push('good', ['1', 'latest']);
    const inputs = { registry: host, repository: 'good', tags: '1,latest' };
    const { failure, outputs } = await scenario.run('sign', inputs);
    expect(failure).toBeUndefined();
    expect(outputs).toMatchObject({ image: `${host}/good@${digest}`, 'signed-tags': '1,latest' });
  });

  it('is missing where the publish was refused; the digest is known', async () => {
    const digest = scenario.push('refused', ['1']);
    refusePublish('refused');
    const { failure, outputs } = await scenario.run('sign', one('refused'));
    expect(failure?.code).toBe('TRUST_SERVER_REJECTED');
    expect(outputs).not.toHaveProperty('image');
    expect(outputs).not.toHaveProperty('signed-tags');
    expect(outputs.digest).toBe(digest);
  });

  it('is missing where the tag was moved in the meantime', async () => {
    scenario.push('moved', ['1']);
    await scenario.run('sign', one('moved'));
    scenario.push('moved', ['1'], 'second');
    scenario.answerWith(({ method }, usual) => {
      if (method === 'POST') scenario.push('moved', ['1'], 'third');
      return usual();
    });
    const { failure, outputs } = await scenario.run('sign', one('moved'));
    expect(failure?.code).toBe('TAG_MOVED');
    expect(outputs).not.toHaveProperty('image');
    expect(outputs).not.toHaveProperty('signed-tags');
  });

  it('is missing where one of several images failed, and the others are named', async () => {
    const digest = scenario.push('first', ['1']);
    scenario.push('second', ['1']);
    refusePublish('second');
    const images = `${host}/first:1,${host}/second:1`;
    const { failure, outputs } = await scenario.run('sign', { images });
    expect(failure?.code).toBe('TRUST_SERVER_REJECTED');
    expect(outputs).not.toHaveProperty('image');
    expect(outputs).toMatchObject({
      images: `${host}/first@${digest}`,
      'signed-tags': `${host}/first:1`,
      digest,
    });
  });

  it('is the one image of several names, once all of them are signed', async () => {
    const digest = scenario.push('named', ['1', '2']);
    const images = `${host}/named:1,${host}/named:2`;
    const { failure, outputs } = await scenario.run('sign', { images });
    expect(failure).toBeUndefined();
    expect(outputs.image).toBe(`${host}/named@${digest}`);
  });
});

describe('the output "image" of promote', () => {
  const promote = (repository: string) =>
    scenario.run('promote', { registry: host, repository, source: `${host}/source:1` });

  beforeAll(async () => {
    scenario.push('source', ['1']);
    await scenario.run('sign', one('source'));
  });

  it('is the copy, once it is signed and has its tags', async () => {
    const { failure, outputs } = await promote('target');
    expect(failure).toBeUndefined();
    expect(outputs.image).toBe(`${host}/target@${outputs.digest ?? ''}`);
  });

  it('is missing where the copy could not be signed', async () => {
    refusePublish('unsigned');
    const { failure, outputs } = await promote('unsigned');
    expect(failure?.code).toBe('TRUST_SERVER_REJECTED');
    expect(outputs).not.toHaveProperty('image');
    expect(outputs).not.toHaveProperty('images');
  });

  it('is missing where the copy could not be tagged', async () => {
    scenario.answerWith(({ method, url }) =>
      method === 'PUT' && url.endsWith('/untagged/manifests/1')
        ? Promise.resolve(reply(403, '{"errors":[{"code":"DENIED","message":"no"}]}'))
        : undefined,
    );
    const { failure, outputs } = await promote('untagged');
    expect(failure?.message).toContain(`${host}/untagged:1 is signed, and the registry does not`);
    expect(outputs).not.toHaveProperty('image');
  });
});
