/**
 * What a pipeline says of its own run: a tag for what it builds, and labels that lead from an image
 * back to it. Read from the variables that Azure Pipelines and GitHub Actions set in every job.
 */
type Variables = Readonly<Record<string, string | undefined>>;

/** A run of a pipeline. */
export interface PipelineRun {
  /** The one that people choose who name none; undefined where the run does not say. */
  readonly tag: string | undefined;
  /** `name=value`. */
  readonly labels: readonly string[];
}

/** The run that `variables` are of; undefined outside of a pipeline. */
export function readPipelineRun(variables: Variables): PipelineRun | undefined {
  if (isSet(variables.TF_BUILD)) return azurePipelines(variables);
  if (variables.GITHUB_ACTIONS === 'true') return gitHubActions(variables);
  return undefined;
}

/**
 * Those of our labels whose names no label of the user has, then those of the user.
 * @param others labels of the user that are given to Docker in another way.
 */
export function withLabels(
  ours: readonly string[] = [],
  labels: readonly string[] = [],
  others: readonly string[] = [],
): readonly string[] {
  const given = [...labels, ...others].map(nameOf);
  return [...ours.filter((label) => !given.includes(nameOf(label))), ...labels];
}

function nameOf(label: string): string {
  return label.replace(/=.*$/s, '');
}

/** Names and values are those of Docker@2 (docker-common, pipelineutils.ts), and those of OCI. */
function azurePipelines(variables: Variables): PipelineRun {
  const collection = withoutUser(variables.SYSTEM_TEAMFOUNDATIONCOLLECTIONURI);
  const own = (names: readonly string[]): readonly string[] => {
    if (collection === undefined || !URL.canParse(collection)) return [];
    const host = new URL(collection).hostname.split('.').reverse().join('.');
    return names.flatMap((name) => {
      const value = variables[name.replaceAll('.', '_').toUpperCase()];
      return labelOf(`${host}.image.${name}`, name.endsWith('.uri') ? withoutUser(value) : value);
    });
  };
  const project = encodeURIComponent(variables.SYSTEM_TEAMPROJECT ?? '');
  const id = variables.BUILD_BUILDID;
  const isRelease = isSet(variables.RELEASE_RELEASEID) && variables.SYSTEM_HOSTTYPE !== 'build';
  return {
    tag: isSet(id) ? id : undefined,
    labels: [
      ...own(isRelease ? [...everyRun, ...releases] : [...everyRun, ...builds]),
      ...openContainers({
        source: withoutUser(variables.BUILD_REPOSITORY_URI),
        revision: variables.BUILD_SOURCEVERSION,
        url:
          collection !== undefined && project !== '' && isSet(id)
            ? `${collection.replace(/\/?$/, '/')}${project}/_build/results?buildId=${id}`
            : undefined,
      }),
    ],
  };
}

const everyRun = [
  'system.teamfoundationcollectionuri',
  'system.teamproject',
  'build.repository.name',
];
const builds = [
  'build.sourceversion',
  'build.repository.uri',
  'build.sourcebranchname',
  'build.definitionname',
  'build.buildnumber',
  'build.builduri',
];
const releases = ['release.releaseid', 'release.definitionname', 'release.releaseweburl'];

function gitHubActions(variables: Variables): PipelineRun {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository, GITHUB_SHA: sha } = variables;
  const { GITHUB_RUN_ID: id } = variables;
  const source = isSet(server) && isSet(repository) ? `${server}/${repository}` : undefined;
  const url = source !== undefined && isSet(id) ? `${source}/actions/runs/${id}` : undefined;
  return {
    tag: isSet(sha) ? sha : undefined,
    labels: openContainers({ source, revision: sha, url }),
  };
}

/** The names that the OCI image specification has for it (annotations.md). */
function openContainers(values: Readonly<Record<string, string | undefined>>): readonly string[] {
  return Object.entries(values).flatMap(([name, value]) =>
    labelOf(`org.opencontainers.image.${name}`, value),
  );
}

function labelOf(name: string, value: string | undefined): readonly string[] {
  // eslint-disable-next-line no-control-regex -- no name of a branch has any, so this is not one.
  return isSet(value) && !/[\0-\x1f\x7f]/.test(value) ? [`${name}=${value}`] : [];
}

function isSet(value: string | undefined): value is string {
  return value !== undefined && value.trim() !== '';
}

/** Addresses of repositories may hold a user name, and even a password, which anybody could read in an image. */
function withoutUser(address: string | undefined): string | undefined {
  return address?.replace(/^([a-z+]+:\/\/)[^/@]*@/i, '$1');
}
