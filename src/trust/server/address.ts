/** Where a Notary server is. */
import { TrustError } from '../../errors.js';
import { oneLine } from '../../http/index.js';

/** Where the trust data of a registry's repositories is, unless an input says otherwise. */
export function trustServerOf(registry: string): string {
  return `https://${registry || 'registry.invalid'}`;
}

/** @throws {TrustError} INPUT_INVALID unless `text` is an https URL of nothing but a host. */
export function parseTrustServer(text: string): string {
  const invalid = (why: string): TrustError =>
    new TrustError('INPUT_INVALID', `the trust server ${why}`, {
      remedy: 'Give the URL of the Notary server, for example https://contoso.azurecr.io.',
    });
  if (!URL.canParse(text)) throw invalid('is not a URL');
  const url = new URL(text);
  if (url.protocol !== 'https:') throw invalid('is not an https URL');
  if (url.username !== '' || url.password !== '') throw invalid('has a user name or password');
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') throw invalid('has a path');
  return url.origin;
}

/** The URL of a server, which may have a path. @throws {TrustError} INPUT_INVALID */
export function checkTrustServer(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'https:' && url.username === '' && url.search === '') return url;
  // Whatever is before an @ or after a ? may be a secret.
  const shown = /[@?]/.test(text) ? 'what was given' : `"${oneLine(text)}"`;
  throw new TrustError('INPUT_INVALID', `${shown} is not a valid address of a trust server`, {
    remedy:
      'Give an https address without user name and query, such as https://contoso.azurecr.io.',
  });
}
