/** Which texts of a secret input are secrets, and which only say where the secret is. */
import type { Input, ReferenceForm } from './types.js';

/** Whether `text` names a secret that is kept elsewhere, so that it may be shown. */
export function isReference(definition: Input, text: string): boolean {
  return (definition.references ?? []).some((form) => tests[form](text.trim()));
}

const tests: Readonly<Record<ReferenceForm, (text: string) => boolean>> = {
  url: (text) => /^https:\/\/[^\s/@]+\/\S+$/.test(text),
  // Base64 of a key or of PKCS#12 is in one line as well.
  path: (text) => text.length < 1024 && !/[\r\n]|-----BEGIN|^["'{]|^(?:MII|LS0t)/.test(text),
};
