/** The passphrases of stored keys: from the inputs, from variables, or from a person. */
import type { TokenCredential } from '@azure/core-auth';
import { readPassphrase } from '../../azure/index.js';
import { readVariable } from '../../docker/index.js';
import { createKeyOpener, type KeyOpener } from '../../signing/index.js';
import type { Run } from '../run.js';
import { rootKeyPassphrase, signingKeyPassphrase } from '../inputs/key-inputs.js';
import type { Read } from '../inputs/read.js';

/** The passphrases of any number of keys. */
export const passphraseInputs = {
  'signing-key-passphrase': { ...signingKeyPassphrase, note: 'It opens all keys but root keys.' },
  'root-key-passphrase': { ...rootKeyPassphrase, note: 'It opens all root keys.' },
} as const;

/** What these inputs hold: passphrases, or the secrets that hold them. */
export type KeyPassphrases = Readonly<Record<keyof typeof passphraseInputs, string | undefined>>;

export function readKeyPassphrases({ values }: Read<typeof passphraseInputs>): KeyPassphrases {
  const { 'signing-key-passphrase': signing, 'root-key-passphrase': root } = values;
  return { 'signing-key-passphrase': signing, 'root-key-passphrase': root };
}

/** Opens keys with the passphrases of the run; reads one out of a vault when the first key needs it. */
export function openerOf(
  passphrases: KeyPassphrases,
  credential: TokenCredential | undefined,
  run: Pick<
    Run,
    'secrets' | 'signal' | 'clock' | 'environment' | 'platform' | 'nameInput' | 'askSecret'
  >,
): KeyOpener {
  const { secrets, signal, clock, environment, platform, nameInput, askSecret } = run;
  return createKeyOpener({
    read: (input) =>
      readPassphrase(
        { passphrase: passphrases[input], passphraseInput: nameInput(input) },
        { credential, secrets, signal, clock },
      ),
    nameInput,
    variable: (name) => readVariable(environment, name, platform === 'win32'),
    ask: askSecret,
    secrets,
  });
}
