/** The inputs that pin the roots of repositories. Their files are looked at with all other inputs. */
import type { Input, Inputs, ListInput } from '../../inputs/index.js';
import { parsePin, type PinReference } from '../../signing/index.js';
import { parseScopedPin, type ScopedPin } from '../../verification/index.js';
import type { Read } from './read.js';

export type { PinReference } from '../../signing/index.js';

export const trustPin = {
  type: 'list',
  group: 'trust',
  label: 'Pinned root',
  help: "What the repository's root must be: a root key ID, `sha256:` and the fingerprint of the root certificate, the root's CA or public key in PEM (its text, or the path of a file), or the URL of the Key Vault root key. Any one of several suffices. The ID comes from the owner of the repository (`keys init` prints it), never from the trust server. Without it the record at the signing key counts; without both nothing is signed that others have signed, and the log says that the root is not pinned.",
  example: 'https://contoso-root.vault.azure.net/keys/root',
} as const satisfies Input;

export const pinInputs = { 'trust-pin': trustPin } as const satisfies Inputs;

type PinInput = 'trust-pin' | 'source-trust-pin';

/**
 * The pins that `trust-pin` names.
 * @param isNeeded whether the run opens them: then their files are looked at before anything.
 */
export function readPins(read: Read<typeof pinInputs>, isNeeded = true): readonly PinReference[] {
  const { workingDirectory, nameInput } = read;
  const input = nameInput('trust-pin');
  const pins = readEach('trust-pin', read, isNeeded, (text) => ({
    pin: parsePin(text, workingDirectory, input),
  }));
  return pins.map(({ pin }) => pin);
}

/** The pins that `input` names, each for every repository or for those of a pattern. */
export function readScopedPins<N extends PinInput>(
  input: N,
  read: Read<Readonly<Record<N, ListInput>>>,
): readonly ScopedPin[] {
  const { workingDirectory, nameInput } = read;
  return readEach(input, read, true, (text) =>
    parseScopedPin(text, workingDirectory, nameInput(input)),
  );
}

function readEach<N extends PinInput, P extends { readonly pin: PinReference }>(
  input: N,
  { values, parse, check }: Read<Readonly<Record<N, ListInput>>>,
  isNeeded: boolean,
  readOne: (text: string) => P,
): readonly P[] {
  const texts: readonly string[] = values[input];
  // What follows a PEM block that is cut off are its lines, which no message may quote.
  const cut = texts.findIndex((text) => text.includes('-----BEGIN') && !text.includes('-----END'));
  return texts.slice(0, cut < 0 ? undefined : cut + 1).flatMap((text) => {
    const found = parse(input, () => readOne(text));
    const pin = found?.pin;
    if (isNeeded && pin?.kind === 'file') check(input, pin.read);
    return found ?? [];
  });
}
