/** Secrets and every form they must not be found in; nothing here is taken from the product. */
import { createPrivateKey } from 'node:crypto';

/** A secret by a name that may be shown. */
export interface KnownSecret {
  readonly name: string;
  readonly value: string;
}

/** Something that was read after a run, by a name that may be shown. */
export interface Trace {
  readonly where: string;
  readonly text: string;
}

/** A private key as its PEM, its lines, and the number that is the secret. */
export function keySecrets(name: string, pem: string, passphrase?: string): KnownSecret[] {
  const key = createPrivateKey(passphrase === undefined ? pem : { key: pem, passphrase });
  const { d = '' } = key.export({ format: 'jwk' });
  const plain = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const hex = Buffer.from(d, 'base64url').toString('hex');
  // Shorter lines are the end of the key and the public part of it.
  const lines = [pem, plain].flatMap((text) =>
    text.split('\n').filter((line) => line.length >= 40 && !line.startsWith('-')),
  );
  return [pem, d, hex, ...lines].map((value) => ({ name, value }));
}

/** The value plain, URL-encoded, and base64 at each of its three alignments in both alphabets. */
function formsOf(value: string): string[] {
  const base64 = [0, 1, 2].map((shift) => {
    const bytes = Buffer.concat([Buffer.alloc(shift), Buffer.from(value)]);
    const whole = bytes.toString('base64').replace(/=+$/, '');
    // Without the characters that neighbours of the value decide.
    return whole.slice(shift === 0 ? 0 : shift + 1, -1);
  });
  const url = base64.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  return [...new Set([value, encodeURIComponent(value), ...base64, ...url])];
}

/** Which secrets are found where; empty is what every test wants. */
export function findLeaks(secrets: readonly KnownSecret[], traces: readonly Trace[]): string[] {
  const forms = secrets.flatMap(({ name, value }) =>
    formsOf(value).map((form) => ({ name, form })),
  );
  const found = traces.flatMap(({ where, text }) =>
    forms.filter(({ form }) => text.includes(form)).map(({ name }) => `${name} in ${where}`),
  );
  return [...new Set(found)];
}

/**
 * A log without the commands that tell a host what to mask: they carry the secret by design, the
 * host prints none of them. Nothing else may carry it, before them or after.
 */
export function withoutMaskCommands(log: string): string {
  return log
    .split('\n')
    .filter((line) => !/^(::add-mask::|##vso\[task\.setsecret\])/.test(line))
    .join('\n');
}
