/** What ONBUILD instructions of a base image would bring into a build, as Docker reads its configuration. */
import { describe, expect, it } from 'vitest';
import { onBuildProblem } from '../../src/docker/onbuild.js';
import { fakeRegistries, put, sha256 } from '../registry/fake-registry.js';

const host = 'contoso.azurecr.io';
const name = 'base/image';

function problemOf(config: object, stageNames: readonly string[] = []) {
  const registries = fakeRegistries();
  const repository = registries.registry(host).repository(name);
  const bytes = Buffer.from(JSON.stringify(config));
  repository.blobs.set(sha256(bytes), bytes);
  const mediaType = 'application/vnd.oci.image.manifest.v1+json';
  const { digest } = put(repository, mediaType, {
    schemaVersion: 2,
    mediaType,
    config: {
      mediaType: 'application/vnd.oci.image.config.v1+json',
      digest: sha256(bytes),
      size: bytes.length,
    },
    layers: [],
  });
  return onBuildProblem(`${host}/${name}@${digest}`, digest, { stageNames }, () =>
    Promise.resolve({ ...registries.at(host, name), expect: () => undefined }),
  );
}

const other = 'COPY --from=evil.example/tool / /';

describe('the ONBUILD instructions of a base image', () => {
  it.each([
    ['none', {}],
    ['an empty configuration', { config: null }],
    ['an empty list', { config: { OnBuild: null } }],
    ['what names no image', { config: { OnBuild: ['RUN make', 'COPY . /src'] } }],
  ])('bring in nothing: %s', async (_, config) => {
    expect(await problemOf(config)).toBeUndefined();
  });

  it.each([
    ['as Docker writes it', { config: { OnBuild: [other] } }],
    ['in another case', { config: { onBUILD: [other] } }],
    ['within a member in another case', { Config: { OnBuild: [other] } }],
    ['beside an innocent one', { config: { OnBuild: [] }, CONFIG: { OnBuild: ['RUN x', other] } }],
  ])('that name another image are a problem: %s', async (_, config) => {
    expect(await problemOf(config)).toMatch(/ONBUILD instruction uses another image: COPY --from=/);
  });

  it.each([
    ['a configuration that is no object', { config: 'x' }],
    ['an instruction that is no text', { config: { OnBuild: [1] } }],
  ])('cannot be read: %s', async (_, config) => {
    expect(await problemOf(config)).toBe('its configuration cannot be read');
  });

  it('may name a stage of the Dockerfile', async () => {
    const config = { config: { OnBuild: ['COPY --from=tools / /'] } };
    expect(await problemOf(config, ['tools'])).toBeUndefined();
    expect(await problemOf(config)).toContain('uses another image');
  });
});
