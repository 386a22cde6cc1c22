/**
 * Labels that name the image that a build starts from: those of Docker@2 (docker-common,
 * pipelineutils.ts), and those of OCI. A digest is told only where the build is held to it.
 */
import { gunOf } from '../registry/index.js';
import type { CheckedDocker } from './check-docker.js';
import { parseReference } from './dockerfile/index.js';
import { readExtraArguments } from './extra-arguments.js';
import type { Machine } from '../ports.js';
import { withLabels } from './pipeline-run.js';
import { baseImageOptions, basesOf, type PreparedBuild } from './prepare-build.js';
import type { BaseImageDecisions } from './verify-base-images.js';

/**
 * The build with these labels, where the user has none of the same names.
 * @param decisions undefined where base images are not looked at.
 */
export async function labelBaseImage(
  prepared: PreparedBuild,
  decisions: BaseImageDecisions | undefined,
  docker: CheckedDocker,
  machine: Pick<Machine, 'environment' | 'platform'>,
): Promise<PreparedBuild> {
  const { request, dockerfile } = prepared;
  if (!dockerfile) return prepared;
  const { base } =
    decisions?.bases ??
    basesOf(dockerfile.text, await baseImageOptions(request, docker, machine)) ??
    {};
  const added = base === undefined ? [] : baseImageLabels(base, decisions?.digests.get(base));
  const { labels: others } = readExtraArguments(request.extraArguments ?? []);
  return {
    ...prepared,
    request: { ...request, labels: withLabels(added, request.labels, others) },
  };
}

/** @param signed the digest that the build is pinned to, if the reference names none itself. */
export function baseImageLabels(reference: string, signed: string | undefined): readonly string[] {
  const parsed = parseReference(reference);
  if (!parsed) return [];
  const digest = parsed.digest ?? signed;
  const tag = parsed.tag ?? (parsed.digest === undefined ? 'latest' : undefined);
  return [
    `image.base.ref.name=${reference.replace(/@.*$/, '')}`,
    `org.opencontainers.image.base.name=${gunOf(parsed)}${tag === undefined ? '' : `:${tag}`}`,
    ...(digest === undefined
      ? []
      : [`image.base.digest=${digest}`, `org.opencontainers.image.base.digest=${digest}`]),
  ];
}
