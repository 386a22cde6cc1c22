/** How log, report and summary say what vouches for the root: "verified" alone means something does. */

/** Said wherever nothing but the server vouches for a root. */
export const notPinned = 'verified against the root the server presented; not pinned';

/** What vouches for the root, for a summary. */
export function rootWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? notPinned : `pinned by ${pinnedBy}`;
}

/** What may be said of a tag that was signed and read back. */
export function signedWords(pinnedBy: string | undefined): string {
  return pinnedBy === undefined ? `signed; ${notPinned}` : 'signed and verified';
}
