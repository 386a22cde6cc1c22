/** Identifiers as Azure writes them. */
import { randomBytes, randomUUID } from 'node:crypto';

/** A fresh GUID. */
export function guid(): string {
  return randomUUID();
}

/** A fresh version of a key, secret or certificate: 32 hexadecimal digits. */
export function versionId(): string {
  return randomBytes(16).toString('hex');
}

/** A fresh secret, shaped like the ones Entra and ACR make. */
export function secretText(): string {
  return randomBytes(30).toString('base64url');
}
