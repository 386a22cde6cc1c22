/**
 * Says whether Docker's own content trust can read a Dockerfile at all. `docker build` with content
 * trust goes through the text line by line with one regular expression (docker/cli
 * cli/command/image/build.go, rewriteDockerfileFromForContentTrust): it knows no variables, takes
 * `--platform` for an image, and a stage for an image of docker.io.
 */
import { parseReference } from './reference.js';
import { readDockerfile } from './stages.js';

/** Docker's pattern for the image in a FROM line. */
const fromLine = /^[ \f\r\t\v]*FROM[ \f\r\t\v]+([^ \f\r\t\v\n#]+)/i;

/**
 * Whether `docker build` with DOCKER_CONTENT_TRUST=1 would look at external images only. Where not,
 * the build fails, or a name that is a stage is asked for at docker.io; pin the images instead.
 * @throws {TrustError} DOCKERFILE_INVALID
 */
export function fitsDockerContentTrust(source: string): boolean {
  const stages = new Set(readDockerfile(source).stages.map(({ name }) => name));
  return source.split('\n').every((line) => {
    const image = fromLine.exec(line)?.[1];
    if (image === undefined || image === 'scratch') return true;
    return parseReference(image) !== undefined && !stages.has(image.toLowerCase());
  });
}
