import { describe, expect, it } from 'vitest';
import {
  outcomeOf,
  planRemoval,
  publishTags,
  readRepository,
  viewAfter,
} from '../../../src/trust/index.js';
import { ecdsaSigner } from '../../trust/support/keys.js';
import { content, TestRepository } from '../../trust/support/repository.js';

/** `old` in targets and in the releases of a signer, `new` in the releases only. */
async function planned() {
  const repository = await new TestRepository().initialise({ old: content('a') });
  const signer = ecdsaSigner('signer');
  await repository.delegate({ 'targets/releases': signer.publicKey });
  const tags = new Map([
    ['old', content('b')],
    ['new', content('b')],
  ]);
  await publishTags(repository.server, { ...repository.context, signer, tags });
  const view = await readRepository(repository.server, { pins: [], now: repository.now });
  if (!view) throw new Error('the test made no trust data');
  return { view, plan: planRemoval(view, () => true, signer, repository.now), repository };
}

describe('what a dry run foresees', () => {
  it('is what a pull would meet afterwards, an older signature included', async () => {
    const { view, plan, repository } = await planned();
    const outcome = outcomeOf(viewAfter(view, plan), plan);
    expect(outcome).toEqual([
      {
        tag: 'new',
        removedFrom: ['targets/releases'],
        stillIn: [],
        pull: 'unsigned',
        digest: undefined,
      },
      {
        tag: 'old',
        removedFrom: ['targets/releases'],
        stillIn: [
          { role: 'targets', keyIds: [repository.targets.keyId], threshold: 1, isExpired: false },
        ],
        pull: 'signed',
        digest: content('a').digest,
      },
    ]);
    // Nothing of it has happened.
    expect(outcomeOf(view, plan).map(({ digest }) => digest)).toEqual([
      content('b').digest,
      content('b').digest,
    ]);
  });
});
