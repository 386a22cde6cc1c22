/** Notary Project signatures in the stack: made, found and judged by notation's own library. */
import { generateKeyPairSync } from 'node:crypto';

import { beforeAll, describe, expect, inject, it } from 'vitest';

import { makeCertificate, pem } from '../azure-emulation/crypto/certificate.js';
import { trustIn } from '../judges/notation.js';
import { connectStack, createTestRegistry, uniqueName, type Principal } from './index.js';

const stack = connectStack(inject('stack'));
const subject = 'C=US,ST=WA,O=Contoso,CN=release';
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const der = makeCertificate(privateKey, {
  subject,
  notBefore: new Date(Date.now() - 3_600_000),
  notAfter: new Date(Date.now() + 3_600_000),
});
const chain = pem('CERTIFICATE', der);
const trust = trustIn(chain, subject);

describe.each([
  { what: 'with the referrers API', customerManagedKey: false },
  { what: 'without it, as one encrypted by a key of its owner', customerManagedKey: true },
])('in a registry $what', ({ customerManagedKey }) => {
  const repository = uniqueName('team/app');
  let principal: Principal;
  let digest: string;
  let image: string;

  beforeAll(async () => {
    const registry = await createTestRegistry(stack);
    await stack.azure.updateRegistry(registry.loginServer, { customerManagedKey });
    principal = await registry.principal('AcrPush');
    const name = `${registry.loginServer}/${repository}`;
    const context = await stack.makeImageContext(repository);
    const login = { server: registry.loginServer, ...principal.login };
    for (const args of [
      ['build', '-t', `${name}:1`, context],
      ['push', `${name}:1`],
    ]) {
      const done = await stack.docker({
        engine: 'docker20',
        args,
        login,
        env: { DOCKER_BUILDKIT: '0' },
      });
      expect(done.exitCode, done.output).toBe(0);
    }
    digest = (await stack.manifest(repository, '1'))?.digest ?? '';
    image = `${name}@${digest}`;
  });

  const sign = (metadata: Readonly<Record<string, string>>) =>
    ({
      kind: 'sign',
      reference: image,
      ...principal.login,
      mediaType: 'application/cose',
      key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      chain,
      metadata,
    }) as const;
  const verify = async (metadata: Readonly<Record<string, string>> = {}) => {
    const question = { kind: 'verify', reference: image, ...principal.login, ...trust } as const;
    return (await stack.askNotation([{ ...question, metadata }]))[0];
  };

  it('no image is signed to begin with', async () => {
    expect(await verify()).toMatchObject({
      accepted: false,
      error: expect.stringContaining('no signature is associated') as string,
    });
  });

  it('every one of many signatures is found, over several pages', async () => {
    const questions = Array.from({ length: 12 }, (_, index) => sign({ run: String(index) }));
    const made = await stack.askNotation(questions);
    expect(made.map(({ error }) => error)).toEqual(questions.map(() => undefined));
    expect(await verify({ run: '0' })).toMatchObject({ accepted: true, metadata: { run: '0' } });
    expect(await verify({ run: '11' })).toMatchObject({ accepted: true, metadata: { run: '11' } });
    const tags = await stack.tags(repository);
    expect(tags).toEqual(customerManagedKey ? ['1', digest.replace(':', '-')] : ['1']);
  });

  it('no list is given to who may not pull', async () => {
    const question = { kind: 'verify', reference: image, ...trust } as const;
    const [answer] = await stack.askNotation([{ ...question, username: 'nobody', password: 'x' }]);
    expect(answer).toMatchObject({
      accepted: false,
      error: expect.stringContaining('401') as string,
    });
  });
});
