/** What the product has set itself, held against results. */
import type { Measured, MeasuredWork, Results } from './results.js';

/** One target, with what was found. */
export interface Target {
  readonly work: string;
  /** What is to be, in words. */
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

/** The programs of a row by their names. */
type Programs = ReadonlyMap<string, Measured>;

const vault = 'acr-content-trust, vault';
const file = 'acr-content-trust, file';
const dockerSign = 'docker trust sign';
const plainJob = 'docker build and push, without';

/** Every target of which the results have what it is about. */
export function targetsOf(results: Results): readonly Target[] {
  return [
    ...signTargets(results),
    ...sizeTargets(results),
    ...verifyTargets(results),
    ...startTargets(results),
    ...jobTargets(results),
    ...agentTargets(results),
  ];
}

const signRatios = [
  [40, 0.6, 0.45],
  [80, 0.55, 0.4],
  [0, 1.2, 1],
] as const;

function signTargets({ works }: Results): readonly Target[] {
  const ratios = signRatios.flatMap(([delayMs, ofVault, ofFile]) => {
    const row = rowOf(works, 'sign', `${delayMs} ms a request`);
    const name = `One tag is signed, ${delayMs} ms a request`;
    return [
      ...atMost(`${name}, vault`, ofVault, ratio(row, vault, dockerSign), `of ${dockerSign}`),
      ...atMost(`${name}, file`, ofFile, ratio(row, file, dockerSign), `of ${dockerSign}`),
    ];
  });
  const counted = rowOf(works, 'sign', '40 ms a request');
  const counts = (
    [
      [vault, 17, 7],
      [file, 11, 4],
    ] as const
  ).flatMap(([program, requests, inSequence]) => {
    const found = counted.get(program);
    return [
      ...atMost(`Requests, ${program}`, requests, found?.requests),
      ...atMost(`Requests in sequence, ${program}`, inSequence, found?.inSequence),
    ];
  });
  const direct = rowOf(works, 'sign', '40 ms a round trip, no proxy');
  return [
    ...ratios,
    ...counts,
    ...atMost('Connections, vault, behind a proxy', 5, counted.get(vault)?.connections),
    ...atMost('Connections, vault, no proxy', 5, direct.get(vault)?.connections),
  ];
}

function sizeTargets({ works }: Results): readonly Target[] {
  const row = rowOf(works, 'repositories', '10000 signed tags');
  return [vault, file].flatMap((program) => [
    ...atMost(
      `One of 10,000 tags is signed, ${program}`,
      0.5,
      ratio(row, program, dockerSign),
      `of ${dockerSign}`,
    ),
    ...atMost(`Its memory, ${program}`, 110, row.get(program)?.peakMib, 'MiB'),
  ]);
}

function verifyTargets({ works }: Results): readonly Target[] {
  const row = rowOf(works, 'verify', '1 image');
  const reference = 'docker trust inspect';
  return ['acr-content-trust', 'acr-content-trust, login of Docker'].flatMap((program) =>
    atMost(
      `One image is verified, ${program}`,
      0.6,
      ratio(row, program, reference),
      `of ${reference}`,
    ),
  );
}

function startTargets({ works, bundleBytes = {} }: Results): readonly Target[] {
  const row = rowOf(works, 'start', 'a start');
  const starts = ['20', '24'].flatMap((major) => {
    const bare = `Node.js ${major} alone`;
    const cpu = (program: string): number | undefined => {
      const [of, than] = [row.get(program), row.get(bare)];
      return of && than && of.cpuMs / than.cpuMs;
    };
    return [
      ...atMost(
        `Processor time of --version, Node.js ${major}`,
        1.6,
        cpu(`--version, Node.js ${major}`),
        `of ${bare}`,
      ),
      ...['cli', 'action', 'task'].flatMap((host) => {
        const program = `a rejected input of the ${host}, Node.js ${major}`;
        return atMost(`Processor time of ${program}`, 2.5, cpu(program), `of ${bare}`);
      }),
    ];
  });
  const signing = rowOf(works, 'sign', '0 ms a request').get(file)?.outsideMs;
  const bareMs = row.get('Node.js 24 alone')?.elapsedMs;
  const first = signing !== undefined && bareMs !== undefined ? signing - bareMs : undefined;
  return [
    ...starts,
    ...atMost('From Node.js to the first request, with the end of the run', 150, first, 'ms'),
    ...Object.entries(bundleBytes).flatMap(([host, bytes]) =>
      atMost(`Code of the ${host}`, 2, bytes / 1_000_000, 'MB'),
    ),
  ];
}

function jobTargets({ works }: Results): readonly Target[] {
  const row = rowOf(works, 'job', '40 ms a request');
  const plain = row.get(plainJob)?.elapsedMs;
  return [vault, file].flatMap((program) => {
    const ours = row.get(program)?.elapsedMs;
    const more = ours !== undefined && plain !== undefined ? (ours - plain) / 1000 : undefined;
    return atMost(
      `Build, push and sign over plain build and push, ${program}`,
      0.5,
      more,
      's more',
    );
  });
}

/** Agents that meet each other publish again, and for no other reason. */
function agentTargets({ works }: Results): readonly Target[] {
  const found = rowOf(works, 'agents', '32 agents').get(vault);
  if (!found) return [];
  const { accepted, conflicts, others } = found.publishes;
  return [
    {
      work: '32 agents at once',
      target: '32 publishes, and one more for each conflict',
      measured: `${accepted} publishes, ${conflicts} conflicts, ${others} others refused`,
      isMet: accepted === 32 && others === 0,
    },
  ];
}

function rowOf(works: readonly MeasuredWork[], work: string, name: string): Programs {
  const row = works.find((one) => one.name === work)?.rows.find((one) => one.name === name);
  return new Map(row?.programs.map((one) => [one.program, one]));
}

function ratio(programs: Programs, program: string, reference: string): number | undefined {
  const [of, than] = [programs.get(program), programs.get(reference)];
  return of && than && of.elapsedMs / than.elapsedMs;
}

/** Nothing where it was not measured. */
function atMost(
  work: string,
  most: number,
  measured: number | undefined,
  unit = '',
): readonly Target[] {
  if (measured === undefined) return [];
  const shown = Number.isInteger(measured) ? String(measured) : measured.toPrecision(3);
  return [
    {
      work,
      target: `at most ${most} ${unit}`.trim(),
      measured: shown,
      isMet: measured <= most,
    },
  ];
}
