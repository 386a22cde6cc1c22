import { describe, expect, it } from 'vitest';
import { SecretMasker } from '../../src/hosts/secret-masker.js';
import { renderSummary, type SummaryFormat } from '../../src/hosts/summary.js';
import { limits } from '../../src/limits.js';

const none = new SecretMasker();
const attacks = [
  '##vso[task.setvariable variable=PATH]/tmp/evil',
  '::add-path::/tmp/evil',
  '\n::set-env name=A::b',
  '#\u200d#\ufeffvso[task.complete]',
];

function render(markdown: string, format: SummaryFormat = 'with diagrams and folds'): string {
  return renderSummary(markdown, none, format);
}

describe('a job summary', () => {
  it.each(attacks)('with %j in it commands nothing', (text) => {
    const lines = render(`### Title\n\n${text}`).split('\n');
    expect(lines.filter((line) => /##(vso)?\[|^\s*::/.test(line))).toEqual([]);
  });

  it('that is short is left as it is', () => {
    const markdown =
      '### Title\n\n| a | b |\n| --- | --- |\n| `x` | y |\n\n```mermaid\nA --> B\n```\n';
    expect(render(markdown)).toBe(markdown);
  });

  it('of any size fits into what hosts take, and says what is left out', () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `| ${row} | größer als ein Byte |`);
    const markdown = render(['| a | b |', '| --- | --- |', ...rows].join('\n'));
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    const last = markdown.split('\n').at(-1) ?? '';
    const kept = markdown.split('\n').length - 2;
    expect(last).toBe(`... and ${rows.length + 2 - kept} more lines, see the trust report`);
  });

  it('that is cut in a drawing ends the drawing', () => {
    const edges = Array.from({ length: 80_000 }, (_, edge) => `  a${edge} --> b${edge}`);
    const markdown = render(['```mermaid', ...edges, '```'].join('\n'));
    expect(markdown.match(/^```/gm)).toHaveLength(2);
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
  });

  it('that is cut in a block of a list ends the block there', () => {
    const lines = Array.from({ length: 80_000 }, (_, line) => `  command ${line} with an argument`);
    const markdown = render(['- ```sh', ...lines, '  ```'].join('\n'));
    expect(markdown.match(/^ {2}```$/gm)).toHaveLength(1);
  });

  it('has digests in full in steps and their blocks, and short ones in findings', () => {
    const hash = 'ab'.repeat(32);
    const steps = [`- Run with ${hash}:`, '  ```sh', `  sign ${hash}`, '  ```'];
    const markdown = [`- ⚠️ No record of ${hash}.`, ...steps, `Key ${hash}.`].join('\n');
    expect(render(markdown).split('\n').slice(0, 6)).toEqual([
      '- ⚠️ No record of abababababab.',
      ...steps,
      'Key abababababab.',
    ]);
  });

  it('of one endless line is cut', () => {
    const markdown = render('ü'.repeat(limits.summaryBytes));
    expect(Buffer.byteLength(markdown)).toBeLessThan(1024 * 1024);
    expect(markdown.endsWith('ü…')).toBe(true);
  });

  it('has short digests, and their full values at the end', () => {
    const [digest, keyId] = [`sha256:${'ab'.repeat(32)}`, 'cd'.repeat(32)];
    const markdown = `### Signed: \`app@${digest}\`\n\n- Pin ${keyId}.\n\n| ${digest} | pinned by ${keyId} |\n`;
    const lines = render(markdown).split('\n');
    expect(lines[0]).toBe('### Signed: `app@sha256:abababababab`');
    expect(lines).toContain(`- Pin ${keyId}.`);
    expect(lines).toContain('| sha256:abababababab | pinned by cdcdcdcdcdcd |');
    expect(lines.slice(-6)).toEqual([digest, keyId, '```', '', '</details>', '']);
    expect(render(markdown, 'plain')).not.toMatch(/<details>|<summary>/);
    expect(render(markdown, 'plain')).toContain(`\n${digest}\n${keyId}\n`);
  });

  it('shows no part of a secret that looks like a digest', () => {
    const masker = new SecretMasker();
    const secret = '0123456789abcdef'.repeat(4);
    masker.add(secret);
    expect(renderSummary(`| ${secret} |`, masker, 'plain')).toBe('| *** |');
  });

  it('has diagrams only where the host draws them', () => {
    const markdown = 'a\n\n```mermaid\nA --> B\n```\n\n```sh\nb\n```\n';
    expect(render(markdown)).toBe(markdown);
    expect(render(markdown, 'plain')).toBe('a\n\n\n```sh\nb\n```\n');
  });
});
