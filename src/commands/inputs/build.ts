/** Inputs of the commands that build. */
import type { Input } from '../../inputs/index.js';

export const context = {
  type: 'text',
  group: 'build',
  label: 'Build context',
  help: 'Folder, or Git or archive URL, that the image is built from.',
  default: '.',
  example: 'services/app',
} as const satisfies Input;

export const dockerfile = {
  type: 'text',
  group: 'build',
  label: 'Dockerfile',
  help: 'Path of the Dockerfile. Without it, `Dockerfile` in the build context.',
  example: 'services/app/Dockerfile',
} as const satisfies Input;

export const buildArgs = {
  type: 'lines',
  form: 'build-arg',
  group: 'build',
  label: 'Build arguments for the Dockerfile',
  help: 'Values for `ARG` instructions, one `NAME=value` a line; `NAME` alone takes the value from the environment. A value of several lines goes in double quotes together with its name. Build arguments end up in the image: pass secrets with `secrets`.',
  example: 'VERSION=1.4.2',
} as const satisfies Input;

export const target = {
  type: 'text',
  group: 'build',
  label: 'Target stage',
  help: 'Stage of the Dockerfile to build. Without it, the last one.',
  example: 'runtime',
} as const satisfies Input;

export const labels = {
  type: 'lines',
  form: 'label',
  group: 'build',
  label: 'Labels',
  help: 'Labels to put on the image, one `name=value` a line.',
  example: 'org.opencontainers.image.revision=4c6c56a',
} as const satisfies Input;

export const platforms = {
  type: 'list',
  group: 'build',
  label: 'Platforms',
  help: 'Platforms to build for. More than one needs buildx, and gives one index that is signed as a whole.',
  example: 'linux/amd64, linux/arm64',
} as const satisfies Input;

export const secrets = {
  type: 'lines',
  form: 'secret',
  group: 'build',
  label: 'Build secrets',
  help: 'Secrets for `RUN --mount=type=secret`, one `id=name,env=VARIABLE` or `id=name,src=path` a line; never the secret itself. Needs buildx.',
  example: 'id=npm,env=NPM_TOKEN',
} as const satisfies Input;

export const cacheFrom = {
  type: 'lines',
  group: 'build',
  label: 'Cache sources',
  help: 'Where build steps may be taken from, one source a line. For the classic builder: names of images.',
  example: 'type=registry,ref=contoso.azurecr.io/team/app:cache',
} as const satisfies Input;

export const cacheTo = {
  type: 'lines',
  group: 'build',
  label: 'Cache destinations',
  help: 'Where build steps are kept for later runs, one destination a line. Needs buildx.',
  example: 'type=registry,ref=contoso.azurecr.io/team/app:cache,mode=max',
} as const satisfies Input;

export const noCache = {
  type: 'boolean',
  group: 'build',
  label: 'Build without cache',
  help: 'Runs every build step again.',
  default: false,
  example: 'true',
} as const satisfies Input;

export const pull = {
  type: 'boolean',
  group: 'build',
  label: 'Always pull base images',
  help: 'Asks the registry for newer base images, even if the engine has some.',
  default: false,
  example: 'true',
} as const satisfies Input;

export const builder = {
  type: 'choice',
  group: 'build',
  label: 'Builder',
  help: 'Who builds.',
  engine: 'native',
  choices: {
    auto: 'buildx where Docker has it, otherwise the classic builder. With the docker engine always the classic builder.',
    buildx: 'BuildKit through `docker buildx build`.',
    classic: 'The builder inside the Docker engine, `docker build` without BuildKit.',
  },
  default: 'auto',
  example: 'buildx',
} as const satisfies Input;

export const builderName = {
  type: 'text',
  group: 'build',
  label: 'buildx builder',
  help: 'Name of the buildx builder instance to use. Without it, the current one.',
  engine: 'native',
  example: 'team-builder',
} as const satisfies Input;

export const buildArguments = {
  type: 'text',
  group: 'build',
  label: 'Further arguments',
  help: 'Further arguments for the build command, split as a shell would but run by none. What another input or the signing decides (tags, output, push) is refused here.',
  example: '--network none --shm-size 1g',
} as const satisfies Input;

export const baseImages = {
  type: 'choice',
  group: 'trust',
  label: 'Base images',
  help: 'What the signatures of base images decide. Applies while `content-trust` is on.',
  choices: {
    enforce: 'Every base image must be signed, and is pinned to its signed digest.',
    'pin-signed': 'Signed base images are pinned to their signed digest; the others are listed.',
    ignore: 'Base images are not looked at.',
  },
  default: 'pin-signed',
  example: 'enforce',
} as const satisfies Input;
