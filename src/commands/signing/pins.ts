/** Pins on their way through a run: opened for verification, and named where people read of them. */
import { readFile } from 'node:fs/promises';
import { openVaultKey } from '../../azure/index.js';
import { TrustError, messageOf } from '../../errors.js';
import type { KeyId, Pin, TrustedView } from '../../trust/index.js';
import type { PinReference } from '../configuration/trust-pin.js';
import type { RunContext } from '../context.js';
import type { Session } from '../session/session.js';

/** Opens a pin: reads its CA file, or asks the vault for its key. @throws {TrustError} */
export async function resolvePin(
  pin: PinReference,
  { credential }: Pick<Session, 'credential'>,
  context: RunContext,
): Promise<Pin> {
  switch (pin.kind) {
    case 'key-id':
    case 'certificate-sha256':
      return pin;
    case 'ca-file':
      try {
        return { kind: 'ca', pem: await readFile(pin.path, 'utf8') };
      } catch (cause) {
        throw new TrustError(
          'INPUT_INVALID',
          `The CA file ${pin.path} cannot be read: ${messageOf(cause)}`,
          { remedy: `Correct ${context.nameInput('trust-pin')}.`, cause },
        );
      }
    case 'vault-key': {
      const { keyId } = await openVaultKey(pin.reference, credential, context);
      return pinOf(keyId);
    }
  }
}

/** The canonical ID names the raw key, whatever certificate the root carries. */
export function pinOf(keyId: KeyId): Pin {
  return { kind: 'key-id', keyId };
}

/** How the root came to be trusted, in a few words. */
export function describePin({ pinnedBy }: TrustedView): string {
  switch (pinnedBy.kind) {
    case 'pin':
      return `pinned by ${nameOfPin(pinnedBy.pin)}`;
    case 'earlier-root':
      return `following root version ${pinnedBy.version}`;
    case 'first-use':
      return 'not pinned';
  }
}

/** A pin as a report names it. */
export function nameOfPin(pin: Pin): string {
  switch (pin.kind) {
    case 'key-id':
      return `key ID ${pin.keyId}`;
    case 'certificate-sha256':
      return `certificate fingerprint ${pin.fingerprint}`;
    case 'ca':
      return 'certificate authority';
    case 'public-key':
      return 'the root key itself';
  }
}
