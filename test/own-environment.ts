/**
 * Each test file finds the same environment, and leaves none of its own: nothing of what a CI, a
 * user or another file has set for the product, Docker or Azure's libraries reaches it.
 */
import { afterAll } from 'vitest';
import { machineEnvironment } from './machine-environment.js';

const ambient = [
  /^(?:ACR_CONTENT_TRUST|ACTIONS|AGENT|AZURE|BUILD|BUILDKIT|BUILDX|DOCKER|ENDPOINT|GITHUB)_/,
  /^(?:IDENTITY|IMDS|INPUT|MSI|NOTARY|RUNNER|SECRET|SYSTEM|TASK|TF|VSTS)_/,
  /^(?:https?|all|no)_proxy$/i,
  /^(?:DEBUG|FORCE_COLOR|NO_COLOR|SOURCE_DATE_EPOCH)$/,
];

for (const name of Object.keys(process.env)) {
  if (ambient.some((pattern) => pattern.test(name))) Reflect.deleteProperty(process.env, name);
}

afterAll(() => {
  for (const name of Object.keys(process.env)) {
    if (!(name in machineEnvironment)) Reflect.deleteProperty(process.env, name);
  }
  Object.assign(process.env, machineEnvironment);
});
