/** Holds what a run said against what the servers hold. */
import type { TrustState } from '../../stack/index.js';
import type { SignOutcome } from './signer.js';

/** Whether the published `targets` states this digest for `tag`. */
export function isSigned(state: TrustState, tag: string, digest: string): boolean {
  const text = Buffer.from(state.targets ?? '', 'base64').toString('utf8');
  const { signed } = JSON.parse(text) as {
    signed: { targets: Record<string, { hashes: { sha256?: string } }> };
  };
  const hex = Buffer.from(signed.targets[tag]?.hashes.sha256 ?? '', 'base64').toString('hex');
  return `sha256:${hex}` === digest;
}

/** Words by which a failed run owns that the tag is, or may be, signed all the same. */
const mayBeSigned =
  /may have taken effect|not known whether .* took effect|accepted the trust data|is signed now/;

/** What a run said that is not so; undefined when all of it is. */
export function judgeRun(
  { exitCode, report }: SignOutcome,
  tag: string,
  signed: boolean,
): string | undefined {
  const claimed =
    typeof report.signedTags === 'string' && report.signedTags.split(',').includes(tag);
  if (exitCode === 0) {
    if (!signed) return 'it says signed of what is not';
    return claimed ? undefined : 'it succeeded without naming the tag';
  }
  if (claimed) return 'it failed, and names the tag as signed';
  const { code, message = '', remedy = '' } = (report.error ?? {}) as Record<string, string>;
  if (code === undefined || code === 'UNEXPECTED') return 'it failed without knowing why';
  if (signed && !mayBeSigned.test(`${message} ${remedy}`))
    return 'it says failed of what is signed';
  return undefined;
}
