import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openerOf } from '../../../src/commands/keys/passphrases.js';
import type { Run } from '../../../src/commands/run.js';
import { TrustError } from '../../../src/errors.js';
import { peekKeyFile, readKeyFile, type LockedKey } from '../../../src/signing/index.js';

const folder = new URL('../../fixtures/notary/keystore/', import.meta.url);
const files = {
  root: '20ac20e42c009ca1f16553ddbe1e92ef9c047243ab52c0c0cee19eb67ef25e63.key',
  targets: '242436fe525fb084b455d7b35469e93157191d2bc00ce90279f61e294ea7529a.key',
  frank: '3ed559b230b296e8bc82b377c09d6045daf5ab0db048d4df438678ae139ca92d.key',
  plain: 'variant-plain-pkcs8.pem',
};
const rootPassphrase = 'rootpass1';
const otherPassphrase = 'repopass1';

function locked(file: string, role?: string): LockedKey {
  const text = readFileSync(new URL(file, folder), 'utf8');
  const headers = peekKeyFile(text, file);
  return {
    description: `key ${file.slice(0, 8)}`,
    role: role ?? headers.role,
    isEncrypted: headers.isEncrypted,
    open: (passphrase, passphraseInput) =>
      readKeyFile(text, { source: file, passphrase, passphraseInput }),
  };
}

interface Scenario {
  readonly inputs?: Readonly<Record<string, string>>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly answers?: readonly string[];
  readonly platform?: NodeJS.Platform;
}

function scenario({ inputs = {}, environment = {}, answers, platform = 'linux' }: Scenario) {
  const masked: string[] = [];
  const asked: string[] = [];
  const left = [...(answers ?? [])];
  const context = {
    secrets: { mask: (value: string) => masked.push(value) },
    environment,
    platform,
    signal: new AbortController().signal,
    clock: () => new Date(),
    nameInput: (name: string) => name,
    ...(answers && {
      askSecret: (question: string) => {
        asked.push(question);
        return Promise.resolve(left.shift() ?? '');
      },
    }),
  } as unknown as Run;
  const open = openerOf(
    {
      'root-key-passphrase': inputs['root-key-passphrase'],
      'signing-key-passphrase': inputs['signing-key-passphrase'],
    },
    undefined,
    context,
  );
  return { open, masked, asked };
}

describe('the passphrase of a key', () => {
  const sources: readonly (readonly [string, string, Scenario])[] = [
    ['root', 'an input', { inputs: { 'root-key-passphrase': rootPassphrase } }],
    [
      'root',
      "Docker's variable",
      { environment: { DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE: rootPassphrase } },
    ],
    ['root', "notary's variable", { environment: { NOTARY_ROOT_PASSPHRASE: rootPassphrase } }],
    ['targets', 'an input', { inputs: { 'signing-key-passphrase': otherPassphrase } }],
    [
      'targets',
      "Docker's variable",
      { environment: { DOCKER_CONTENT_TRUST_REPOSITORY_PASSPHRASE: otherPassphrase } },
    ],
    [
      'targets',
      "notary's variable",
      { environment: { NOTARY_TARGETS_PASSPHRASE: otherPassphrase } },
    ],
    ['frank', 'an input', { inputs: { 'signing-key-passphrase': otherPassphrase } }],
    [
      'frank',
      "notary's variable",
      { environment: { NOTARY_DELEGATION_PASSPHRASE: otherPassphrase } },
    ],
    [
      'frank',
      'a variable of Windows',
      { environment: { notary_delegation_passphrase: otherPassphrase }, platform: 'win32' },
    ],
    ['root', 'the person at the keyboard', { answers: [rootPassphrase] }],
  ];
  it.each(sources)('of role %s is taken from %s, and masked', async (role, _, given) => {
    const { open, masked } = scenario(given);
    const { privateKey } = await open(locked(files[role as keyof typeof files]));
    expect(privateKey.type).toBe('private');
    expect(masked).toContain(role === 'root' ? rootPassphrase : otherPassphrase);
  });

  it('of a snapshot key is taken from its own variable', async () => {
    const { open } = scenario({ environment: { NOTARY_SNAPSHOT_PASSPHRASE: otherPassphrase } });
    await expect(open(locked(files.targets, 'snapshot'))).resolves.toBeDefined();
  });

  it('is found although the two inputs are mixed up', async () => {
    const { open } = scenario({
      inputs: { 'root-key-passphrase': otherPassphrase, 'signing-key-passphrase': rootPassphrase },
    });
    for (const file of [files.root, files.targets, files.frank]) {
      await expect(open(locked(file))).resolves.toBeDefined();
    }
  });

  it('is not asked for where the run has it, and a key without one needs none', async () => {
    const { open, asked } = scenario({
      inputs: { 'root-key-passphrase': rootPassphrase },
      answers: ['never'],
    });
    await open(locked(files.root));
    await open(locked(files.plain));
    expect(asked).toEqual([]);
  });

  it('is asked for once for keys that share it', async () => {
    const { open, asked } = scenario({ answers: ['mistyped', otherPassphrase] });
    await open(locked(files.targets));
    await open(locked(files.frank));
    expect(asked).toEqual([
      'Passphrase of the key 242436fe:',
      'Wrong passphrase. Passphrase of the key 242436fe:',
    ]);
  });

  it('is asked for three times at most, and not again after an empty answer', async () => {
    const wrong = scenario({ answers: ['a', 'b', 'c', otherPassphrase] });
    await expect(wrong.open(locked(files.targets))).rejects.toThrow(TrustError);
    expect(wrong.asked).toHaveLength(3);
    const empty = scenario({ answers: ['', otherPassphrase] });
    await expect(empty.open(locked(files.targets))).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
    });
    expect(empty.asked).toHaveLength(1);
  });

  it('that no one gives is an error that says where to give it', async () => {
    await expect(scenario({}).open(locked(files.root))).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
      message: 'The key 20ac20e4 is encrypted',
      remedy: expect.stringMatching(
        /root-key-passphrase or DOCKER_CONTENT_TRUST_ROOT_PASSPHRASE or NOTARY_ROOT_PASSPHRASE/,
      ) as string,
    });
  });

  it('that is wrong is an error without it', async () => {
    const { open } = scenario({ inputs: { 'signing-key-passphrase': 'not-the-one' } });
    const error = await open(locked(files.targets)).then(
      () => undefined,
      (thrown: unknown) => thrown as TrustError,
    );
    expect(error).toMatchObject({ code: 'KEY_PASSPHRASE_WRONG' });
    expect(`${error?.message ?? ''} ${error?.remedy ?? ''}`).not.toContain('not-the-one');
  });

  it('of the other kind does not count as given', async () => {
    const { open } = scenario({ inputs: { 'root-key-passphrase': rootPassphrase } });
    await expect(open(locked(files.targets))).rejects.toMatchObject({
      code: 'KEY_PASSPHRASE_MISSING',
    });
  });

  it('in a vault that cannot be asked is an error of its own', async () => {
    const { open } = scenario({
      inputs: { 'root-key-passphrase': 'https://contoso.vault.azure.net/secrets/root-passphrase' },
    });
    await expect(open(locked(files.root))).rejects.toMatchObject({ code: 'CREDENTIAL_MISSING' });
  });
});
