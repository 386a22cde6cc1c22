import { describe, expect, it } from 'vitest';
import { tellAttached } from '../../../src/commands/promote/source.js';

function warningsOf(...attached: readonly (readonly string[] | undefined)[]): readonly string[] {
  const warnings: string[] = [];
  const images = attached.map((types, index) => ({ reference: `app:${index}`, attached: types }));
  tellAttached(images, { warn: (line) => void warnings.push(line) });
  return warnings;
}

describe('what is attached to an image', () => {
  it('is named by its types, since it stays behind', () => {
    expect(
      warningsOf([
        'application/spdx+json',
        'application/vnd.cncf.notary.signature',
        'application/spdx+json',
      ]),
    ).toEqual([
      'app:0 has attached artifacts that are not copied (3): application/spdx+json, application/vnd.cncf.notary.signature. Attach them to the copy where they are needed.',
    ]);
  });

  it('is not spoken of where there is nothing, or nothing is known', () => {
    expect(warningsOf([], undefined)).toEqual([]);
  });
});
