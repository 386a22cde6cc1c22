/**
 * Decides what a Docker child process sees of our environment: a list of names, nothing else, so
 * that credentials of the step never reach a build. DOCKER_CONTENT_TRUST and its passphrases are
 * never inherited; whoever wants them sets them for one child.
 */
import path from 'node:path';
import type { Machine } from '../ports.js';

/** An environment as a host hands it in. */
type EnvironmentSource = Readonly<Record<string, string | undefined>>;

interface EnvironmentOptions {
  /** Windows compares variable names without case. */
  readonly windows?: boolean;
  /** Further names to hand over: build arguments without a value, secrets from the environment. */
  readonly passThrough?: readonly string[];
  /** Hand over what `type=gha` caches need: the runner's cache service and its token. */
  readonly githubCache?: boolean;
}

const names = new Set([
  ...['PATH', 'HOME', 'USER', 'LOGNAME', 'TMPDIR', 'TMP', 'TEMP', 'TZ', 'LANG', 'LANGUAGE', 'TERM'],
  // Windows programs fail in odd ways without these.
  ...['SystemRoot', 'SystemDrive', 'windir', 'ComSpec', 'PATHEXT', 'USERPROFILE', 'HOMEDRIVE'],
  ...['HOMEPATH', 'USERNAME', 'APPDATA', 'LOCALAPPDATA', 'ProgramData', 'ProgramFiles'],
  ...['ProgramFiles(x86)', 'ProgramW6432', 'NUMBER_OF_PROCESSORS', 'PROCESSOR_ARCHITECTURE', 'OS'],
  ...['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH'],
  ...['DOCKER_API_VERSION', 'DOCKER_CONFIG', 'DOCKER_BUILDKIT', 'DOCKER_DEFAULT_PLATFORM'],
  ...['DOCKER_CLI_EXPERIMENTAL', 'SOURCE_DATE_EPOCH', 'NO_COLOR'],
  ...['EXPERIMENTAL_BUILDKIT_SOURCE_POLICY'],
  ...['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'ALL_PROXY', 'FTP_PROXY'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy', 'ftp_proxy'],
  ...['SSL_CERT_FILE', 'SSL_CERT_DIR', 'SSH_AUTH_SOCK', 'SSH_AGENT_PID'],
  ...['XDG_RUNTIME_DIR', 'XDG_CONFIG_HOME', 'KUBECONFIG'],
]);

const prefixes = ['BUILDX_', 'BUILDKIT_', 'LC_'];

const githubCacheNames = [
  'ACTIONS_CACHE_URL',
  'ACTIONS_CACHE_SERVICE_V2',
  'ACTIONS_RESULTS_URL',
  'ACTIONS_RUNTIME_TOKEN',
];

/** Names that would make the CLI sign by itself, or hand a passphrase to a build. */
const forbiddenPrefix = 'DOCKER_CONTENT_TRUST';

/**
 * The environment of a Docker child process. DOCKER_CONTENT_TRUST is always `0` in it: a user's own
 * setting cannot make the CLI sign a second time or fail; the docker engine overrides it per call.
 */
export function dockerEnvironment(
  source: EnvironmentSource,
  options: EnvironmentOptions = {},
): Record<string, string> {
  const fold = (name: string): string => (options.windows === true ? name.toUpperCase() : name);
  const allowed = new Set(
    [
      ...names,
      ...(options.githubCache === true ? githubCacheNames : []),
      ...(options.passThrough ?? []),
    ].map(fold),
  );
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(source)) {
    if (value === undefined) continue;
    const folded = fold(name);
    if (folded.startsWith(forbiddenPrefix)) continue;
    if (allowed.has(folded) || prefixes.some((prefix) => folded.startsWith(prefix))) {
      environment[name] = value;
    }
  }
  environment.DOCKER_CONTENT_TRUST = '0';
  return environment;
}

/** Reads one variable the way the platform does, without case on Windows. */
export function readVariable(
  source: EnvironmentSource,
  name: string,
  windows = false,
): string | undefined {
  if (!windows) return source[name];
  const wanted = name.toUpperCase();
  return Object.entries(source).find(([key]) => key.toUpperCase() === wanted)?.[1];
}

/**
 * The variables that build arguments and secrets refer to by name: `--build-arg NAME`,
 * `--secret id=x,env=NAME`, and `--secret id=NAME`, which BuildKit reads from the environment where
 * such a variable exists (buildkit session/secrets/secretsprovider).
 */
export function namesReferredTo(
  buildArgs: readonly string[],
  secrets: readonly string[],
): readonly string[] {
  const referred = [...buildArgs.map(variableOfBuildArg), ...secrets.map(variableOfSecret)];
  return [...new Set(referred.filter((name) => name !== undefined))];
}

/** The variable that a build argument takes its value from, if it has none of its own. */
function variableOfBuildArg(arg: string): string | undefined {
  return arg.includes('=') ? undefined : arg;
}

/** The variable that a secret is taken from, unless it is a file. */
function variableOfSecret(secret: string): string | undefined {
  const fields = new Map(
    secret.split(',').map((field): [string, string] => {
      const at = field.indexOf('=');
      return at < 0 ? [field.trim(), ''] : [field.slice(0, at).trim(), field.slice(at + 1)];
    }),
  );
  return (
    fields.get('env') ?? (fields.has('src') || fields.has('source') ? undefined : fields.get('id'))
  );
}

/**
 * A warning for each secret and build argument whose environment variable has no value, by position:
 * what is written in place of a name may be the secret itself.
 */
export function unsetVariableWarnings(
  {
    secrets,
    buildArgs,
  }: { readonly secrets: readonly string[]; readonly buildArgs: readonly string[] },
  { environment, platform, nameInput }: Pick<Machine, 'environment' | 'platform' | 'nameInput'>,
): readonly string[] {
  const warningsOf = (
    input: string,
    names: readonly (string | undefined)[],
    result: string,
  ): readonly string[] =>
    names.flatMap((name, index) => {
      const isSet =
        name === undefined || (readVariable(environment, name, platform === 'win32') ?? '') !== '';
      if (isSet) return [];
      return `"${nameInput(input)}": the environment variable of entry ${index + 1} is not set, ${result}.`;
    });
  // With nothing but an id, BuildKit reads a file of that name where there is no such variable.
  const named = secrets.map((secret) =>
    /(^|,)env=/.test(secret) ? variableOfSecret(secret) : undefined,
  );
  const withoutValue = buildArgs.map(variableOfBuildArg);
  return [
    ...warningsOf('secrets', named, 'so the build gets an empty secret or none'),
    ...warningsOf(
      'build-args',
      withoutValue,
      'so the argument keeps the default of the Dockerfile',
    ),
  ];
}

/** The folder of the user's own configuration: DOCKER_CONFIG, else `.docker` in the home directory. */
export function userDockerConfig({
  environment,
  homeDirectory,
  platform,
}: Pick<Machine, 'environment' | 'homeDirectory' | 'platform'>): string {
  const configured = readVariable(environment, 'DOCKER_CONFIG', platform === 'win32') ?? '';
  return configured === '' ? path.join(homeDirectory, '.docker') : path.resolve(configured);
}
