/** The inputs that say which tags `revoke` is to take away. */
import { TrustError } from '../../errors.js';
import type { ProblemList } from '../../inputs/index.js';
import type { InputValues } from '../inputs/values.js';
import { parseTag } from '../../registry/index.js';
import type { RevocationConfiguration } from './types.js';

/** Notes what is wrong: `tags` and `all-tags` both or neither, or a name that no tag can have. */
export function checkTagsToRevoke(
  { tags, 'all-tags': all }: InputValues,
  { parse, add, conflict, has, nameInput }: ProblemList,
): void {
  for (const tag of tags) {
    parse('tags', () => {
      checkPattern(tag);
    });
  }
  if (all && tags.length > 0) {
    const problem = `is true, and "${nameInput('tags')}" names some`;
    conflict('all-tags', problem, 'Name the tags to revoke, or revoke all, but not both.');
  }
  if (!all && tags.length === 0 && !has('all-tags')) {
    const remedy = `Name the tags to revoke in ${nameInput('tags')}; to revoke every one, set ${nameInput('all-tags')} to true.`;
    add({ input: 'tags', problem: 'is not set', code: 'INPUT_MISSING', remedy });
  }
}

/** What the checked inputs ask for. */
export function readRevocation(inputs: InputValues): RevocationConfiguration {
  return {
    tags: inputs['all-tags'] ? undefined : inputs.tags,
    dryRun: inputs['dry-run'],
  };
}

/** @throws {TrustError} INPUT_INVALID unless `text` is a tag, but for its wildcards. */
function checkPattern(text: string): void {
  // A pattern is a tag in which any character may be a wildcard, even the first.
  const asTag = text.replace(/[*?]/g, '_');
  try {
    parseTag(asTag);
  } catch (cause) {
    throw new TrustError(
      'INPUT_INVALID',
      `${JSON.stringify(text)} is no tag and no pattern of tags`,
      {
        remedy: 'Give a tag such as 1.4.2, or a pattern such as nightly-* or 1.?.',
        cause,
      },
    );
  }
}
