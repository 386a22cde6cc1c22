/**
 * How tests and the demo use a running stack, from whatever process: the emulated Azure, what came
 * through the front, failures on order, what the servers hold, and the stock clients as judges.
 */
import type { AzureControl } from '../../azure-emulation/index.js';
import { askNotation, type NotationQuestion } from '../../judges/notation.js';
import { remote, type Remote } from '../control/client.js';
import type { StackInfo } from '../info.js';
import type { StackControl } from '../owner.js';
import { ask, type Question } from './ask.js';
import {
  docker,
  dockerEnv,
  dockerPull,
  dockerTrustInspect,
  makeTrustDir,
  notary,
  notaryList,
  type DockerEnvOptions,
  type DockerOptions,
  type JudgeOptions,
  type NotaryOptions,
} from './docker.js';
import { makeDockerConfig, type DockerConfigOptions } from './docker-config.js';
import { openRemoteBuilder } from './remote-builder.js';
import { makeImageContext, type ImageContextOptions } from './image.js';

export { run, type RunOptions, type RunResult } from './run.js';
export type { Login } from './docker-config.js';
export type { NotaryTarget, SignedTag, TrustInspection } from './docker.js';

/** A running stack, seen from a test. Starts and owns nothing. */
export type StackClient = ReturnType<typeof connectStack>;

/** Connects to a running stack. */
export function connectStack(info: StackInfo) {
  const control: Remote<StackControl> = remote<StackControl>(info.control, 'stack');
  const azure: Remote<AzureControl> = remote<AzureControl>(info.control, 'azure');
  return {
    info,
    azure,
    ...own(control),
    ask: (question: Question) => ask(info, question),
    dockerEnv: (options: DockerEnvOptions) => dockerEnv(info, options),
    docker: (options: DockerOptions) => docker(info, options),
    dockerPull: (options: JudgeOptions & { readonly trust?: boolean }) => dockerPull(info, options),
    dockerTrustInspect: (options: JudgeOptions) => dockerTrustInspect(info, options),
    notary: (options: NotaryOptions) => notary(info, options),
    notaryList: (options: Omit<JudgeOptions, 'engine'>) => notaryList(info, options),
    /** In the stack's own folder: who looks for files that runs left looks elsewhere. */
    askNotation: (questions: readonly NotationQuestion[]) =>
      askNotation(questions, { ...process.env, ...info.env, TMPDIR: info.folder }),
    makeTrustDir: () => makeTrustDir(info),
    makeDockerConfig: (options?: DockerConfigOptions) => makeDockerConfig(info, options),
    openRemoteBuilder: () => openRemoteBuilder(info),
    makeImageContext: (marker: string, options?: ImageContextOptions) =>
      makeImageContext(info, marker, options),
  };
}

/** The calls by name, because a remote object cannot be spread. */
const own = (control: Remote<StackControl>) => ({
  requests: control.requests,
  requestMark: control.requestMark,
  failNext: control.failNext,
  takeBackFaults: control.takeBackFaults,
  held: control.held,
  release: control.release,
  startServer: control.startServer,
  stopServer: control.stopServer,
  trustState: control.trustState,
  manifest: control.manifest,
  storeImage: control.storeImage,
  tags: control.tags,
});
