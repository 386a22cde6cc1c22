/** What a run leaves behind has no place: found before anything changes, and no lie afterwards. */
import * as fs from 'node:fs/promises';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  host,
  reportOf,
  startRegistryScenario,
  type RegistryScenario,
} from '../support/registry-scenario.js';

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof fs>();
  return { ...real, writeFile: vi.fn(real.writeFile) };
});

let scenario: RegistryScenario;
let asked = 0;
beforeAll(async () => {
  scenario = await startRegistryScenario();
  scenario.push('app', ['1']);
});
afterEach(async () => {
  const { writeFile } = await vi.importActual<typeof fs>('node:fs/promises');
  vi.mocked(fs.writeFile).mockReset().mockImplementation(writeFile);
});
afterAll(() => scenario.close());

const app = { registry: host, repository: 'app', tags: '1' };

/** Lets nothing be written to files in `folder`, as a system would that has this reason. */
async function refuseFilesIn(folder: string, code: string): Promise<void> {
  const { writeFile } = await vi.importActual<typeof fs>('node:fs/promises');
  vi.mocked(fs.writeFile).mockImplementation((file, ...rest) =>
    typeof file === 'string' && path.dirname(file) === folder
      ? Promise.reject(Object.assign(new Error(`${code}: no, write`), { code, syscall: 'write' }))
      : writeFile(file, ...rest),
  );
}

/** Nobody was asked anything. */
function countRequests(): void {
  asked = 0;
  scenario.answerWith(() => {
    asked += 1;
    return undefined;
  });
}

describe('a folder for temporary files', () => {
  const places: [string, () => string | Promise<string>][] = [
    ['is missing', () => path.join(scenario.folder, 'gone')],
    ['is a file', () => path.join(scenario.folder, 'signing.pem')],
    ['lies below a file', () => path.join(scenario.folder, 'signing.pem', 'tmp')],
    ...['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EFBIG'].map(
      (code): [string, () => Promise<string>] => [
        `refuses files with ${code}`,
        async () => {
          const folder = await fs.mkdtemp(path.join(scenario.folder, 'tmp-'));
          await refuseFilesIn(folder, code);
          return folder;
        },
      ],
    ),
  ];

  it.each(places)('that %s is named before anybody is asked', async (_what, make) => {
    const tempDirectory = await make();
    countRequests();
    const { failure, outputs } = await scenario.run('sign', app, {
      host: () => ({ tempDirectory }),
    });
    expect(failure).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      message: expect.stringContaining(
        `The folder for temporary files, ${tempDirectory}, cannot be written to: `,
      ) as string,
      remedy: expect.stringContaining('TMPDIR') as string,
    });
    expect(outputs).toEqual({});
    expect(asked).toBe(0);
  });

  it('is missed before Docker is asked, also where the report has a place', async () => {
    const exec = vi.fn(() => Promise.reject(new Error('not asked for here')));
    const tempDirectory = path.join(scenario.folder, 'gone');
    const inputs = { ...app, 'trust-report': path.join(scenario.folder, 'report.json') };
    const { failure } = await scenario.run('push', inputs, {
      host: () => ({ tempDirectory, exec }),
    });
    expect(failure).toMatchObject({ code: 'FILE_NOT_WRITTEN' });
    expect(exec).not.toHaveBeenCalled();
  });
});

describe('a place for the trust report', () => {
  const places: [string, () => string | Promise<string>][] = [
    ['lies in no folder', () => path.join(scenario.folder, 'gone', 'report.json')],
    ['is a folder', () => scenario.folder],
    ['lies below a file', () => path.join(scenario.folder, 'signing.pem', 'report.json')],
    ['is a device', () => '/dev/null'],
    [
      'lies in a folder without room',
      async () => {
        const folder = await fs.mkdtemp(path.join(scenario.folder, 'reports-'));
        await refuseFilesIn(folder, 'ENOSPC');
        return path.join(folder, 'report.json');
      },
    ],
  ];

  it.each(places)('that %s is named before anybody is asked', async (_what, make) => {
    const file = await make();
    countRequests();
    const { failure } = await scenario.run('sign', { ...app, 'trust-report': file });
    expect(failure?.code).toBe('FILE_NOT_WRITTEN');
    expect(failure?.message).toContain(file);
    expect(asked).toBe(0);
    expect(scenario.isSigned('app', '1')).toBe(false);
  });
});

describe('a run that has signed', () => {
  const sign = async (
    repository: string,
    whilePublishing: () => Promise<void>,
    inputs: Record<string, string> = {},
    options: Parameters<RegistryScenario['run']>[2] = {},
  ) => {
    scenario.push(repository, ['1']);
    scenario.answerWith(({ method }, usual) =>
      method === 'POST' ? whilePublishing().then(usual) : undefined,
    );
    const ran = await scenario.run('sign', { ...app, repository, ...inputs }, options);
    expect(scenario.isSigned(repository, '1')).toBe(true);
    return ran;
  };

  it('is a success with a warning where its temporary folder is gone by then', async () => {
    const tempDirectory = await fs.mkdtemp(path.join(scenario.folder, 'tmp-'));
    const gone = () => fs.rm(tempDirectory, { recursive: true });
    const ran = await sign('tmp-gone', gone, {}, { host: () => ({ tempDirectory }) });
    expect(ran.failure).toBeUndefined();
    expect(ran.exitCode).toBe(0);
    expect(ran.outputs).toHaveProperty('image');
    expect(ran.outputs).not.toHaveProperty('trust-report');
    expect(ran.warnings).toContainEqual(expect.stringMatching(/^The trust report is missing: /));
  });

  it('is a success with a warning where the disk is full by then', async () => {
    const folder = await fs.mkdtemp(path.join(scenario.folder, 'reports-'));
    const ran = await sign('disk-full', () => refuseFilesIn(folder, 'ENOSPC'), {
      'trust-report': path.join(folder, 'report.json'),
    });
    expect(ran.failure).toBeUndefined();
    expect(ran.outputs).toHaveProperty('signed-tags', '1');
    expect(ran.warnings).toContainEqual(
      expect.stringMatching(/^The trust report is missing: .*ENOSPC/),
    );
    expect(await fs.readdir(folder)).toEqual([]);
  });

  it('is a success with a warning where the host takes no summary', async () => {
    const ran = await sign(
      'no-summary',
      () => Promise.resolve(),
      {},
      {
        host: () => ({ addSummary: () => Promise.reject(new Error('ENOSPC: no')) }),
      },
    );
    expect(ran.failure).toBeUndefined();
    expect(ran.warnings).toContain('The job summary is missing: ENOSPC: no');
    expect(await reportOf(ran)).toMatchObject({ outcome: 'done' });
  });

  it('fails by a code of its own where outputs do not arrive, and says that it is signed', async () => {
    const ran = await sign(
      'no-outputs',
      () => Promise.resolve(),
      {},
      {
        host: (usual) => ({
          setOutput: (name, value) => {
            if (name === 'image') throw new Error('ENOSPC: no');
            usual.setOutput(name, value);
          },
        }),
      },
    );
    expect(ran.failure?.code).toBe('FILE_NOT_WRITTEN');
    expect(ran.failure?.message).toBe(
      `These outputs of the run could not be written: image (ENOSPC: no). ${host}/no-outputs:1 is signed.`,
    );
    expect(ran.outputs).toHaveProperty('signed-tags', '1');
  });

  it('tells why it failed, and of lost outputs besides, where it has not', async () => {
    scenario.push('both', ['1']);
    const ran = await scenario.run(
      'sign',
      { ...app, repository: 'both', digest: `sha256:${'0'.repeat(64)}` },
      {
        host: () => ({
          setOutput: () => {
            throw new Error('ENOSPC: no');
          },
        }),
      },
    );
    expect(ran.failure?.code).toBe('TAG_MOVED');
    expect(ran.warnings).toContainEqual(expect.stringContaining('trust-report (ENOSPC: no)'));
  });
});
