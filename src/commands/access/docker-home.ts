/** Where the user's own Docker configuration is. */
import path from 'node:path';
import { readVariable } from '../../docker/index.js';
import type { RunContext } from '../context.js';

/** DOCKER_CONFIG, else `.docker` in the home directory, as the Docker CLI has it. */
export function userDockerConfig({
  environment,
  homeDirectory,
  platform,
}: Pick<RunContext, 'environment' | 'homeDirectory' | 'platform'>): string {
  const configured = readVariable(environment, 'DOCKER_CONFIG', platform === 'win32');
  return configured === undefined || configured === ''
    ? path.join(homeDirectory, '.docker')
    : path.resolve(configured);
}
