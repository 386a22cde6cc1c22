/**
 * Reads the extra arguments a user hands to `docker build`: refuses those that would break what we
 * promise about the result, and finds the ones we must know of. It never rewrites them.
 */
import { TrustError } from '../errors.js';

/** What the extra arguments say that matters to us; they are passed on as they are. */
interface ExtraArguments {
  /** `NAME=value` or `NAME`, as given to --build-arg. */
  readonly buildArgs: readonly string[];
  /** As given to --label. */
  readonly labels: readonly string[];
  /** As given to --secret. */
  readonly secrets: readonly string[];
  /** `NAME=value`, as given to --build-context. */
  readonly buildContexts: readonly string[];
  /** As given to --cache-from and --cache-to. */
  readonly caches: readonly string[];
  /** Images that are to scan the result (--sbom, --attest type=sbom). */
  readonly scanners: readonly string[];
}

/** Long flags that would change what is built, tagged, pushed or recorded, and what to use. */
const refused: Readonly<Record<string, string>> = {
  '--tag': 'Use the inputs `repository` and `tags`.',
  '--file': 'Use the input `dockerfile`.',
  '--push': 'Use `command: buildAndPush`, which pushes and signs.',
  '--load': 'Whether the image is loaded or pushed follows from `command` and `platforms`.',
  '--output': 'Leave it out: the image goes to the registry, nowhere else.',
  '--iidfile': 'Leave it out; the outputs of this step hold the digest.',
  '--metadata-file': 'Leave it out; the outputs of this step hold the digest.',
  '--disable-content-trust': 'Use the inputs `content-trust` and `base-images`.',
  '--platform': 'Use the input `platforms`.',
  '--target': 'Use the input `target`.',
  '--builder': 'Use the input `builder-name`.',
  '--print': 'Leave it out: it prints instead of building.',
  '--call': 'Leave it out: it checks instead of building.',
  '--check': 'Leave it out: it checks instead of building.',
  '--squash': 'Leave it out: the squashed image is another one than the recorded one.',
};

/** Short flags of `docker build` and `docker buildx build`: the long one, and whether it has a value. */
const short: Readonly<Record<string, { readonly long: string; readonly value: boolean }>> = {
  t: { long: '--tag', value: true },
  f: { long: '--file', value: true },
  o: { long: '--output', value: true },
  q: { long: '--quiet', value: false },
  D: { long: '--debug', value: false },
  m: { long: '--memory', value: true },
  c: { long: '--cpu-shares', value: true },
};

/**
 * Reads already split extra arguments.
 * @throws {TrustError} INPUT_CONFLICT naming the argument and the input to use instead
 */
export function readExtraArguments(args: readonly string[]): ExtraArguments {
  const found = new Map<string, string[]>();
  for (const [index, arg] of args.entries()) {
    if (arg === '--' || arg === '-') refuse(arg, 'Leave it out; use the input `context`.');
    if (arg.startsWith('--')) {
      const equals = arg.indexOf('=');
      const flag = equals < 0 ? arg : arg.slice(0, equals);
      const remedy = Object.hasOwn(refused, flag) ? refused[flag] : undefined;
      if (remedy !== undefined) refuse(flag, remedy);
      const value = equals < 0 ? args[index + 1] : arg.slice(equals + 1);
      if (value !== undefined) found.set(flag, [...(found.get(flag) ?? []), value]);
    } else if (arg.startsWith('-')) {
      checkShortFlags(arg);
    }
  }
  return {
    buildArgs: found.get('--build-arg') ?? [],
    labels: found.get('--label') ?? [],
    secrets: found.get('--secret') ?? [],
    buildContexts: found.get('--build-context') ?? [],
    caches: [...(found.get('--cache-from') ?? []), ...(found.get('--cache-to') ?? [])],
    scanners: [
      ...(found.get('--sbom') ?? []).flatMap((value) => scannerOf(`type=sbom,${value}`)),
      ...(found.get('--attest') ?? []).flatMap(scannerOf),
    ],
  };
}

/** buildx's own choice where none is named. */
const defaultScanner = 'docker/buildkit-syft-scanner:stable-1';

function scannerOf(attestation: string): string[] {
  const fields = attestation.split(',').map((field) => field.trim());
  const isOff = fields.some((field) => /^(?:false|0|disabled(?:=(?:true|1))?)$/i.test(field));
  if (isOff || !fields.includes('type=sbom')) return [];
  const generator = fields.find((field) => field.startsWith('generator='));
  return [generator?.slice('generator='.length) ?? defaultScanner];
}

/** `-qt name` and `-tname` are one token each (spf13/pflag): read letter by letter. */
function checkShortFlags(token: string): void {
  for (const letter of token.slice(1)) {
    const flag = Object.hasOwn(short, letter) ? short[letter] : undefined;
    // Not a flag of docker build: Docker itself will say so.
    if (flag === undefined) return;
    const remedy = refused[flag.long];
    if (remedy !== undefined) refuse(`-${letter}`, remedy);
    if (flag.value) return;
  }
}

function refuse(flag: string, remedy: string): never {
  throw new TrustError(
    'INPUT_CONFLICT',
    `The build argument "${flag}" cannot be given in \`build-arguments\``,
    { remedy },
  );
}
