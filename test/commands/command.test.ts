import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { defineCommand, type CommandDefinition } from '../../src/commands/command.js';
import type { HostContext } from '../../src/commands/context.js';
import { paragraph, type Report } from '../../src/report/report.js';
import { codeColumn, tableOf } from '../../src/report/table.js';
import { TrustError } from '../../src/errors.js';
import { createTable, type Inputs } from '../../src/inputs/index.js';
import { failureOf } from '../../src/report/failure.js';

const inputs = {
  color: {
    type: 'text',
    group: 'image',
    label: 'Color',
    help: 'A color.',
    example: 'red',
  },
  size: { type: 'text', group: 'image', label: 'Size', help: 'A size.', example: '3' },
} as const satisfies Inputs;

const empty: Report = { title: 'Result', heading: 'Colors', body: [], facts: {}, outputs: {} };

let folder = '';
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'command-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

type Parts = Partial<CommandDefinition<'paint', typeof inputs, unknown, 'verified'>>;

/** Runs a command made of these parts on a host that notes what it is told, in order. */
async function paint(parts: Parts, texts: Readonly<Record<string, string>> = {}) {
  const command = defineCommand({
    name: 'paint',
    label: 'Paint',
    help: 'Paints.',
    inputs,
    example: [],
    parse: () => ({}),
    outputs: ['verified'],
    run: () => Promise.resolve(empty),
    ...parts,
  });
  const table = createTable([command]);
  const problems = table.collectProblems((name) => name);
  const events: string[] = [];
  const outputs: Record<string, string> = {};
  let summary = '';
  const context = {
    log: {
      group: (title: string, body: () => Promise<unknown>) => {
        events.push(`group ${title}`);
        return body();
      },
      info: (line: string) => events.push(`info ${line}`),
      warn: (line: string) => events.push(`warn ${line}`),
      debug: () => undefined,
    },
    problems,
    nameInput: problems.nameInput,
    identity: {},
    environment: {},
    clock: () => new Date('2026-11-28T12:00:00Z'),
    workingDirectory: folder,
    tempDirectory: folder,
    toJson: (document: object, indent: number) => JSON.stringify(document, null, indent),
    setOutput: (name: string, value: string) => {
      events.push(`output ${name}`);
      outputs[name] = value;
    },
    keepReport: () => undefined,
    addSummary: (markdown: string) => {
      events.push('summary');
      summary = markdown;
      return Promise.resolve();
    },
    explain: failureOf,
    onFailure: () => undefined,
  } as unknown as HostContext;
  const values = table.readInputs('paint', 'cli', (name) => texts[name] ?? '', problems);
  const thrown: unknown = await command.execute(values, context).then(
    () => undefined,
    (error: unknown) => error,
  );
  const file = outputs['trust-report'];
  const report =
    file === undefined ? undefined : (JSON.parse(await readFile(file, 'utf8')) as object);
  return { command, events, outputs, summary, thrown, report };
}

const refusal = new TrustError('TAG_MOVED', 'The tag *moved*.', { remedy: 'Sign it again.' });

describe('a command that is asked for what cannot be', () => {
  it('hears of everything that is wrong at once, and does not run', async () => {
    let ran = false;
    const { thrown, events, outputs, summary } = await paint(
      {
        parse: ({ add, parse, values }) => {
          add({ input: 'color', problem: 'is not a color', code: 'INPUT_INVALID' });
          parse('size', () => {
            throw new TrustError('INPUT_INVALID', `${values.size ?? ''} is too large.`, {
              remedy: 'Make it smaller.',
            });
          });
        },
        run: () => {
          ran = true;
          return Promise.resolve(empty);
        },
      },
      { size: '9', 'client-id': 'me', 'trust-report': 'no-such-folder/report.json' },
    );
    expect((thrown as TrustError).code).toBe('INPUT_INVALID');
    const lines = (thrown as TrustError).message.split('\n');
    expect(lines[0]).toBe('4 inputs cannot be used:');
    expect(lines).toContain('"color" is not a color. Set color, for example: red');
    expect(lines).toContain('"size" cannot be used: 9 is too large. Make it smaller.');
    expect(lines.join('\n')).toMatch(/^"client-id" is not a GUID/m);
    expect(lines.join('\n')).toMatch(/^"trust-report" cannot be used/m);
    expect(ran).toBe(false);
    expect(events).toEqual(['summary']);
    expect(summary).toContain('### ❌ Paint failed\n\n[`INPUT_INVALID`](');
    expect(summary).toContain('\n- "color" is not a color. Set color, for example: red\n');
    expect(outputs).toEqual({});
  });
});

describe('the report of a command', () => {
  const columns = [
    codeColumn('Name', ({ name }: { name: string }) => name),
    { heading: 'Note', text: () => 'a|b', only: 'summary' as const },
    { heading: 'Size', text: ({ name }: { name: string }) => String(name.length) },
  ];

  it('is shown as an aligned table in the log and as Markdown in the summary', async () => {
    const rows = [{ name: 'red' }, { name: 'yellow' }];
    const body = [tableOf(rows, columns), paragraph('Two <colors>.'), tableOf([], columns)];
    const { events, summary } = await paint({ run: () => Promise.resolve({ ...empty, body }) });
    expect(events.filter((event) => event.startsWith('info'))).toEqual([
      'info NAME    SIZE',
      'info red     3',
      'info yellow  6',
      'info Two <colors>.',
    ]);
    expect(events).toContain('group Result');
    expect(summary).toBe(
      [
        '### ✅ Colors',
        '',
        '| Name | Note | Size |',
        '| --- | --- | --- |',
        '| `red` | a\\|b | 3 |',
        '| `yellow` | a\\|b | 6 |',
        '',
        'Two &lt;colors&gt;.',
        '',
      ].join('\n'),
    );
  });

  it('leaves out rows that are too many, and says how many', async () => {
    const rows = Array.from({ length: 700 }, (_, index) => ({ name: `color-${index}` }));
    const { events, summary } = await paint({
      run: () => Promise.resolve({ ...empty, body: [tableOf(rows, columns)] }),
    });
    expect(events.filter((event) => event.startsWith('info color-'))).toHaveLength(500);
    expect(events).toContain('info ... and 200 more, see the trust report');
    expect(summary.match(/^\| `color-/gm)).toHaveLength(200);
    expect(summary).toContain('... and 500 more, see the trust report');
  });

  it('has the common fields, the facts of the command, and each warning once', async () => {
    const { events, report, summary, thrown } = await paint({
      run: (_, { log }) => {
        log.warn('wet_paint');
        log.warn('wet_paint');
        return Promise.resolve({ ...empty, facts: { colors: 2 }, outputs: { verified: '2' } });
      },
    });
    expect(thrown).toBeUndefined();
    expect(report).toEqual({
      formatVersion: 1,
      command: 'paint',
      outcome: 'done',
      at: '2026-11-28T12:00:00.000Z',
      colors: 2,
      warnings: ['wet_paint'],
    });
    expect(events.filter((event) => event === 'warn wet_paint')).toHaveLength(1);
    expect(summary).toContain('- ⚠️ wet\\_paint');
  });

  it('is told as a whole before the run fails', async () => {
    const failures = ['red', 'blue'].map((name) => ({ name, error: refusal }));
    const { events, report, summary, thrown } = await paint({
      run: () =>
        Promise.resolve({ ...empty, outputs: { verified: '1' }, failures, failure: refusal }),
    });
    expect(thrown).toBe(refusal);
    expect(events.slice(-3)).toEqual(['output verified', 'output trust-report', 'summary']);
    expect(report).toMatchObject({
      outcome: 'failed',
      error: { code: 'TAG_MOVED', message: 'The tag *moved*.', remedy: 'Sign it again.' },
      failures: [
        { gun: 'red', code: 'TAG_MOVED', message: 'The tag *moved*.' },
        { gun: 'blue', code: 'TAG_MOVED', message: 'The tag *moved*.' },
      ],
    });
    expect(summary).toContain('### ❌ Paint failed');
    expect(summary).toContain('#tag_moved): The tag \\*moved\\*.');
    expect(summary).toContain('❌ `blue`: The tag \\*moved\\*.');
  });

  it('says why, when the command throws before it has anything to report', async () => {
    const { report, summary, thrown } = await paint({ run: () => Promise.reject(refusal) });
    expect(thrown).toBe(refusal);
    expect(report).toMatchObject({ outcome: 'failed', error: { code: 'TAG_MOVED' } });
    expect(summary).toContain('### ❌ Paint failed');
  });

  it('calls a fault of our own unexpected, and does not hide it', async () => {
    const fault = new RangeError('out of paint');
    const { report, thrown } = await paint({ run: () => Promise.reject(fault) });
    expect(thrown).toBe(fault);
    expect(report).toMatchObject({
      error: { code: 'UNEXPECTED', message: 'Something unexpected happened: out of paint' },
    });
  });

  it('keeps what was saved when the command throws afterwards', async () => {
    const { report } = await paint({
      run: async (_, { saveReport }) => {
        await saveReport({ lost: ['red'] });
        throw refusal;
      },
    });
    expect(report).toMatchObject({ outcome: 'failed', lost: ['red'] });
  });

  it('has what the run has changed until it failed', async () => {
    const { report } = await paint({
      run: (_, run) => {
        run.onFailure(() => ({ sentences: ['One wall is red.'], steps: ['Paint the others.'] }));
        return Promise.reject(refusal);
      },
    });
    expect(report).toMatchObject({
      error: {
        message: 'The tag *moved*. One wall is red.',
        remedy: 'Sign it again.\nPaint the others.',
      },
    });
  });

  it('that cannot be written any more changes nothing of what was done', async () => {
    const { events, outputs, thrown } = await paint({
      run: async () => {
        await rm(folder, { recursive: true });
        return { ...empty, outputs: { verified: '1' } };
      },
    });
    expect(thrown).toBeUndefined();
    expect(outputs).toEqual({ verified: '1' });
    expect(events.some((event) => event.startsWith('warn The trust report is missing:'))).toBe(
      true,
    );
  });

  it('is no file where the command has none', async () => {
    const { command, outputs, summary } = await paint({ hasReport: false });
    expect(command.inputs).not.toHaveProperty('trust-report');
    expect(outputs).toEqual({});
    expect(summary).toContain('### ✅ Colors');
  });
});

describe('the inputs of a command', () => {
  it('are its own and those that say who the run is', async () => {
    const { command } = await paint({});
    expect(Object.keys(command.inputs)).toEqual(
      expect.arrayContaining(['color', 'size', 'client-id', 'tenant-id', 'cloud', 'trust-report']),
    );
  });
});

describe('the outputs of a command', () => {
  it('are those that it declares, and where its report is', async () => {
    const { command } = await paint({});
    expect(command.outputs).toEqual(['verified', 'trust-report']);
    const silent = await paint({ hasReport: false });
    expect(silent.command.outputs).toEqual(['verified']);
  });

  it('are no others: such a command does not compile', () => {
    const described = {
      name: 'paint',
      label: 'Paint',
      help: 'Paints.',
      inputs,
      example: [],
    } as const;
    const parse = () => ({});
    const one = defineCommand({
      ...described,
      parse,
      outputs: ['verified'],
      // @ts-expect-error -- it does not declare `digest`
      run: () => Promise.resolve({ ...empty, outputs: { digest: 'sha256:1' } }),
    });
    const none = defineCommand({
      ...described,
      parse,
      run: (_, { setOutput }) => {
        // @ts-expect-error -- it declares none
        setOutput('digest', 'sha256:1');
        return Promise.resolve(empty);
      },
    });
    expect([one, none].flatMap(({ outputs }) => outputs)).not.toContain('digest');
  });
});
