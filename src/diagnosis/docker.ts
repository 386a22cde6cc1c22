/** Checks of Docker: what there is, and what follows from it for builds and signatures. */
import { pushesByDigest, requireContentTrust, type DockerCapabilities } from '../docker/index.js';
import { isTrustError } from '../errors.js';
import { needing, observed, pass, warn, type Check } from './check.js';

/** What Docker is to do. */
interface DockerUse {
  readonly capabilities: DockerCapabilities;
  /** Who signs. */
  readonly engine: 'native' | 'docker';
}

const withoutDocker =
  'Only build, push and buildAndPush need Docker; sign, verify, inspect and promote do without.';

/** What Docker is checked for; without Docker most commands work, so that it is a warning. */
export function dockerChecks({ capabilities, engine }: DockerUse): readonly Check[] {
  const area = 'surroundings';
  const onError = engine === 'docker' ? 'fail' : 'warn';
  return [
    {
      area,
      check: 'Docker CLI',
      look: async () => {
        try {
          const { version, context } = await capabilities.client();
          return pass(`${version}${context === undefined ? '' : `, context ${context}`}`, {
            facts: { version, context },
          });
        } catch (error) {
          if (!isTrustError(error) || error.code === 'INTERRUPTED') throw error;
          const seen = observed(error, onError);
          return { ...seen, remedy: `${withoutDocker}\n${error.remedy}` };
        }
      },
    },
    {
      area,
      check: 'Docker engine',
      onError,
      look: async () => {
        await needing('the check of the Docker CLI', capabilities.client());
        const { version, platform, imageStore } = await capabilities.engine();
        return pass(`${version}, ${platform}, ${imageStore} image store`, {
          facts: { version, platform, imageStore },
        });
      },
    },
    {
      area,
      check: 'engine docker',
      look: async () => {
        await needing('the check of the Docker engine', capabilities.engine());
        try {
          await requireContentTrust(capabilities);
        } catch (error) {
          if (!isTrustError(error, 'DOCKER_UNSUITABLE') || engine === 'docker') throw error;
          return pass(`not possible, and not asked for: ${error.message}`);
        }
        return pass('possible: this Docker CLI can sign what it pushes');
      },
    },
    {
      area,
      check: 'buildx',
      onError: 'warn',
      look: async () => {
        await needing('the check of the Docker CLI', capabilities.client());
        const version = await capabilities.buildx();
        if (version === undefined) {
          return warn(
            'none: the classic builder builds, for one platform, and tags are pushed before they are signed',
            'Install the docker-buildx plugin.',
          );
        }
        const { name, driver, nodes } = await capabilities.builder();
        const platforms = [...new Set(nodes.flatMap(({ platform }) => platform ?? []))];
        const tags = pushesByDigest(driver)
          ? 'pushes by digest, so tags appear after they are signed'
          : 'cannot push by digest, so tags are pushed before they are signed';
        const on = platforms.length === 0 ? '' : `, on ${platforms.join(', ')}`;
        const seen = `${version}, builder ${name}, driver ${driver}${on}: ${tags}`;
        const facts = { version, name, driver, nodes, tagsLast: pushesByDigest(driver) };
        const better =
          pushesByDigest(driver) || engine === 'docker'
            ? ''
            : ' (a builder made with "docker buildx create --use --driver docker-container" can)';
        return pass(`${seen}${better}`, { facts });
      },
    },
  ];
}
