/** What the demo shows of a run: the phases on every host alike, and Docker's output in short. */
import { describe, expect, it } from 'vitest';
import { foldPull, foldRun } from '../../scripts/demo/narrator.js';

const folded = ['Docker', '  Docker 26.1', 'Build', '  (2 lines of Docker)', 'Result', '  signed'];

describe('a run in the demo', () => {
  it.each([
    [
      'command line',
      'Docker\n  Docker 26.1\nBuild\n  docker build .\n  Step 1/4\nResult\n  signed\n',
    ],
    [
      'action',
      '::add-mask::x\n::group::Docker\nDocker 26.1\n::endgroup::\n::group::Build\ndocker build .\nStep 1/4\n::endgroup::\n::group::Result\nsigned\n::endgroup::\n',
    ],
    [
      'task',
      '##[group]Docker\nDocker 26.1\n##[endgroup]\n##[group]Build\n##vso[task.setvariable x]y\ndocker build .\nStep 1/4\n##[endgroup]\n##[group]Result\nsigned\n##[endgroup]\n',
    ],
  ])('looks the same from the %s', (_, output) => {
    expect(foldRun(output)).toEqual(folded);
  });

  it('keeps warnings and errors', () => {
    expect(foldRun('Push\n  Preparing\n  warning: slow\n  error PUSH_FAILED: no\n')).toEqual([
      'Push',
      '  warning: slow',
      '  error PUSH_FAILED: no',
      '  (1 lines of Docker)',
    ]);
  });
});

describe('a pull in the demo', () => {
  it('is what it came to', () => {
    expect(
      foldPull('1: Pulling\nab: Pull complete\nDigest: sha256:1\nStatus: Downloaded\nx:1\n'),
    ).toEqual(['Digest: sha256:1', 'Status: Downloaded']);
    expect(foldPull('No valid trust data for 1\n')).toEqual(['No valid trust data for 1']);
    expect(foldPull('something else\n')).toEqual(['something else']);
  });
});
