/**
 * A trust server that lies to the shipped product: it presents a root of its own that lists the real keys
 * beside the attacker's. No run may give it a signature, and none may be sent.
 */
import { createPrivateKey } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { createMemorySigner } from '../../../src/signing/index.js';
import { uniqueName } from '../../stack/index.js';
import { attackersRepository } from '../../trust/support/hostile-server.js';
import { expectFailure, expectSigned, expectSuccess, stateOf } from '../expectations.js';
import { pushByDocker } from '../main-job/unsigned-tag.js';
import { newPrivateKey } from '../scenario.js';
import { setUp } from '../set-up.js';
import { serve } from './served.js';

const { stack, scenario, gunOf, publishesSince } = await setUp();
const { vault } = scenario;

/** A key in the vault whose public half the attacker has, as anybody has it. */
async function ownedKey(name: string) {
  const pem = newPrivateKey();
  const { kid } = await stack.azure.importKey({ vault: vault.name, name: uniqueName(name), pem });
  return { pem, kid, signer: createMemorySigner(createPrivateKey(pem), name) };
}

type OwnedKey = Awaited<ReturnType<typeof ownedKey>>;

let root: OwnedKey;
let targets: OwnedKey;
/** The same repository key without a record, as before this version. */
let secret: string;
const repository = scenario.repository();

beforeAll(async () => {
  [root, targets] = [await ownedKey('root'), await ownedKey('targets')];
  secret = await vault.secret(targets.pem);
  await pushByDocker(scenario, repository, '1.0');
  await pushByDocker(scenario, repository, '2.0');
  expectSuccess(
    await scenario.run({
      host: 'cli',
      inputs: {
        command: 'keysInit',
        repository,
        'root-key': root.kid,
        'signing-key': targets.kid,
      },
    }),
  );
});

const sign = (inputs: Readonly<Record<string, string>>) =>
  scenario.run({ host: 'cli', inputs: { command: 'sign', repository, ...inputs } });

describe('a repository that keys init made', () => {
  it('is signed without a pin, held to the root that is recorded at the key', async () => {
    const { tags } = await stack.azure.keyOf(vault.name, targets.kid.split('/').at(-2) ?? '');
    expect(tags['acr-content-trust-root']).toBe(root.signer.keyId);
    const signed = await sign({ tags: '1.0', 'signing-key': targets.kid });
    expectSuccess(signed);
    expect(signed.output).toContain(`pinned by key ID ${root.signer.keyId}, recorded at the `);
    expect(signed.output).toContain('signed and verified');
    expect(signed.summary).toContain(`pinned by key ID ${root.signer.keyId.slice(0, 12)}`);
    const digest = signed.outputs.digest ?? '';
    await expectSigned(scenario, repository, { tags: ['1.0'], digest });
  });

  it('is said to be not pinned where nothing but the server vouches for it', async () => {
    const signed = await sign({ tags: '1.0', 'signing-key': secret });
    expectSuccess(signed);
    expect(signed.output).toContain(
      'signed; verified against the root the server presented; not pinned',
    );
    expect(signed.output).not.toContain('signed and verified');
    expect(signed.summary).toContain('verified against the root the server presented; not pinned');
  });
});

describe('a lying trust server', () => {
  beforeAll(async () => {
    // After the tests above, which need the real one.
    const real = { root: root.signer, targets: targets.signer };
    const { builder, options } = await attackersRepository(gunOf(repository), new Date(), real);
    // So that there is something to renew.
    builder.root.expires = new Date(Date.now() + 10 * 86_400_000);
    await serve(stack, builder, options);
    // Its own keys, too, so that nothing else stands in the way of a renewal.
    for (const role of ['snapshot', 'timestamp'] as const) {
      await stack.failNext({
        target: `${scenario.registry.loginServer}/v2/${gunOf(repository)}/_trust/tuf/${role}\\.key$`,
        method: 'GET',
        times: 1000,
        failure: {
          kind: 'answer',
          status: 200,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(builder[role].keys[0]?.publicKey),
        },
      });
    }
  });

  const runs = [
    {
      name: 'sign with a recorded key',
      inputs: () => ({ command: 'sign', tags: '2.0', 'signing-key': targets.kid }),
      code: 'TRUST_PIN_MISMATCH',
      message: /is not the recorded one: root: expected key ID [0-9a-f]{64} \(recorded at the /,
    },
    {
      name: 'sign with a key without a record',
      inputs: () => ({ command: 'sign', tags: '2.0', 'signing-key': secret }),
      code: 'TRUST_ANCHOR_MISSING',
      message: /only the trust server confirms its root key [0-9a-f]{64}/,
    },
    {
      name: 'sign with the docker engine',
      inputs: () => ({ command: 'push', tags: '2.0', 'signing-key': secret, engine: 'docker' }),
      code: 'TRUST_ANCHOR_MISSING',
      message: /only the trust server confirms its root key [0-9a-f]{64}/,
    },
    {
      name: 'keys renew with the root key',
      inputs: () => ({ command: 'keysRenew', keys: root.kid, 'within-days': '30' }),
      code: 'TRUST_ANCHOR_MISSING',
      message: /root, which would be signed again, has no signature of the /,
      outputs: { 'renewed-roles': '' },
    },
    {
      name: 'signers add with a recorded key',
      inputs: () => ({
        command: 'signersAdd',
        signer: 'ci',
        'signing-key': targets.kid,
        'signer-key': root.kid,
      }),
      code: 'TRUST_PIN_MISMATCH',
      message: /is not the recorded one/,
    },
    {
      name: 'revoke with a key without a record',
      inputs: () => ({ command: 'revoke', tags: 'prod', 'signing-key': secret }),
      code: 'TRUST_ANCHOR_MISSING',
      message: /targets, which would be signed again, has no signature of the /,
    },
  ] as const;

  it.each(runs)('gets nothing out of $name', async ({ inputs, code, message, ...run }) => {
    const mark = await stack.requestMark();
    const before = await stateOf(scenario, repository);
    const given: Readonly<Record<string, string>> = { repository, ...inputs() };
    const result = await scenario.run({ host: 'cli', docker: 'docker20', inputs: given });
    expectFailure(result, {
      code,
      message,
      remedy: /Do not take it from the trust server/,
      ...run,
    });
    expect(await publishesSince(mark, repository)).toEqual([]);
    expect(await stateOf(scenario, repository)).toEqual(before);
  });
});
