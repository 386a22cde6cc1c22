import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { openVaultKey, explainVersion } from '../../../src/azure/index.js';
import { parseKeyReference } from '../../../src/signing/index.js';
import { examineSigning } from '../../../src/trust/index.js';
import {
  credentialOf,
  startVault,
  vault,
  vaultUrl,
  type EmulatedVault,
} from '../../azure/key-vault/emulated-vault.js';
import { failure } from '../../trust/support/failure.js';
import { gun, TestRepository } from '../../trust/support/repository.js';

let scenario: EmulatedVault;
beforeAll(async () => {
  scenario = await startVault();
});
afterEach(async () => {
  await scenario.control.clearFaults();
});
afterAll(async () => {
  await scenario.close();
});

function reference(text: string) {
  const parsed = parseKeyReference(`${vaultUrl}/${text}`);
  if (parsed.kind === 'file' || parsed.kind === 'vault-secret') throw new Error('not a key');
  return parsed;
}

const open = (text: string) => openVaultKey(reference(text), scenario.credential);

/** What the preflight of a signing would say of this key. */
async function refusal(repository: TestRepository, text: string, credential = scenario.credential) {
  const signer = await open(text);
  const { server, context } = repository;
  const refused = {
    reference: reference(text),
    keyId: signer.keyId,
    server,
    pins: [],
    tags: ['1.0'],
  };
  const more = {
    signal: new AbortController().signal,
    nameInput: (name: string) => name,
    // The vault's certificates are valid from now on, not from the start of the repository's time.
    clock: () => new Date(),
  };
  return failure(
    explainVersion(refused, { credential }, more, () =>
      examineSigning(server, { ...context, tags: ['1.0'], signer }),
    ),
  );
}

describe('a key that follows the newest version', () => {
  it('and was rotated before the repository knows it, is told with the version that is listed', async () => {
    const first = await scenario.control.createKey({ vault, name: 'app', kty: 'EC' });
    const listed = await open('keys/app');
    const repository = await new TestRepository(listed).initialise();
    const second = await scenario.control.rotateKey(vault, 'app');
    const newest = await open('keys/app');
    const error = await refusal(repository, 'keys/app');
    expect(error.code).toBe('KEY_NOT_AUTHORIZED');
    expect(error.message).toContain(
      `The newest version of ${vaultUrl}/keys/app, ${second.version} (key ID ${newest.keyId}), is ` +
        `not authorised by ${gun} yet; its version ${first.version} (key ID ${listed.keyId}) is. `,
    );
    expect(error.message).toContain('may not sign the tag 1.0');
    expect(error.remedy).toBe(
      `Sign with the version that is authorised: signing-key: ${first.kid}. Or have the owner of the keys authorise the newest ` +
        `one with the command "keys rotate" (role: targets, new-key: ${vaultUrl}/keys/app).`,
    );
  });

  it('is told the delegation that lists the earlier version', async () => {
    const { kid } = await scenario.control.createCertificate({ vault, name: 'team' });
    const { publicKey } = await open('certificates/team');
    const repository = await new TestRepository().initialise();
    await repository.delegate({ 'targets/ci': publicKey, 'targets/releases': publicKey });
    await scenario.control.createCertificate({ vault, name: 'team' });
    const error = await refusal(repository, 'certificates/team');
    expect(error.remedy).toContain(`signing-key: ${kid.replace('/keys/', '/certificates/')}. `);
    expect(error.remedy).toContain('role: targets/ci, ');
  });

  it('is not sent to a version that is disabled, or to one that is not listed either', async () => {
    const first = await scenario.control.createKey({ vault, name: 'off', kty: 'EC' });
    const repository = await new TestRepository(await open('keys/off')).initialise();
    await scenario.control.rotateKey(vault, 'off');
    await scenario.control.rotateKey(vault, 'off');
    const { version } = first;
    await scenario.control.setKeyAttributes({ vault, name: 'off', version, enabled: false });
    const error = await refusal(repository, 'keys/off');
    expect(error).toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
    expect(error.message).not.toContain('newest version');
  });

  it('is refused plainly when the principal may not look at versions', async () => {
    await scenario.control.createKey({ vault, name: 'hidden', kty: 'EC' });
    const repository = await new TestRepository(await open('keys/hidden')).initialise();
    await scenario.control.rotateKey(vault, 'hidden');
    const stranger = credentialOf(await scenario.control.createServicePrincipal());
    const error = await refusal(repository, 'keys/hidden', stranger);
    expect(error).toMatchObject({ code: 'KEY_NOT_AUTHORIZED' });
    expect(error.message).not.toContain('newest version');
  });

  it('asks for no other version when the reference names one', async () => {
    await scenario.control.createKey({ vault, name: 'pinned', kty: 'EC' });
    const repository = await new TestRepository(await open('keys/pinned')).initialise();
    const { version } = await scenario.control.rotateKey(vault, 'pinned');
    const error = await refusal(repository, `keys/pinned/${version}`);
    expect(error.message).not.toContain('newest version');
    const asked = (await scenario.control.requests()).map(({ path }) => path);
    expect(asked).not.toContain('/keys/pinned/versions');
  });
});
