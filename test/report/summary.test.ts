import { describe, expect, it } from 'vitest';
import { errorFacts } from '../../src/report/failure.js';
import { summaryOf } from '../../src/report/summary.js';

const failed = {
  command: 'build and push',
  heading: 'Signed image',
  subjects: ['contoso.azurecr.io/team/app:1', 'contoso.azurecr.io/team/app:2'],
  body: [],
};

/** The lines of the summary of a run that failed so. */
function linesOf(message: string, remedy: string, warnings: readonly string[] = []): string[] {
  const error = errorFacts({ code: 'TAG_MOVED', message, remedy });
  return summaryOf(failed, error, warnings).trimEnd().split('\n');
}

describe('the summary of a run that failed', () => {
  it('names command, image, code, message and steps', () => {
    expect(linesOf('It *moved*.', 'Look.\nRun it again.')).toEqual([
      '### ❌ Build and push failed: `contoso.azurecr.io/team/app:1` and 1 more',
      '',
      expect.stringMatching(/^\[`TAG_MOVED`\]\(https:.*#tag_moved\): It \\\*moved\\\*\.$/),
      '',
      '**What to do**',
      '',
      '- Look.',
      '- Run it again.',
    ]);
  });

  it('keeps words between back-ticks as code, and nothing else that Markdown reads', () => {
    const lines = linesOf(
      'It ` is `<b>*`.',
      'Set `base-images` to *ignore*.\nUse `engine: native`.',
    );
    expect(lines[2]).toMatch(/: It \\` is \\`&lt;b&gt;\\\*\\`\.$/);
    expect(lines.slice(6)).toEqual([
      '- Set `base-images` to \\*ignore\\*.',
      '- Use `engine: native`.',
    ]);
  });

  it('has each command of a remedy in a block of its own, to be copied', () => {
    const remedy =
      'Ask the owner to run:\naz keyvault show --name a | jq .id\nOr sign in: az login --tenant b\ndocker logout c';
    expect(linesOf('It moved.', remedy).slice(6)).toEqual([
      '- Ask the owner to run:',
      '  ```sh',
      '  az keyvault show --name a | jq .id',
      '  ```',
      '- Or sign in:',
      '  ```sh',
      '  az login --tenant b',
      '  ```',
      '- ```sh',
      '  docker logout c',
      '  ```',
    ]);
  });

  it('has each line of a message that has several, with its further steps below it', () => {
    const lines = linesOf('2 inputs cannot be used:\n"a" is not set.\n  Set it.\n"b" too.', 'Do.');
    expect(lines.slice(2, 8)).toEqual([
      expect.stringMatching(/: 2 inputs cannot be used:$/),
      '',
      '- "a" is not set.',
      '  - Set it.',
      '- "b" too.',
      '',
    ]);
  });

  it('has warnings with their steps, and none that says what the failure says', () => {
    const warnings = ['a: It moved.', 'No record.\nRun:\naz keyvault key show --name b'];
    expect(linesOf('It moved.', 'Look.', warnings).slice(8)).toEqual([
      '- ⚠️ No record.',
      '  - Run:',
      '    ```sh',
      '    az keyvault key show --name b',
      '    ```',
    ]);
  });
});
