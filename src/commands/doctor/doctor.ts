/**
 * Looks at everything that a signing run depends on, and says what is wrong and how to correct it.
 * Changes nothing: beyond reading it has keys sign a challenge, which is no trust data.
 */
import { diagnose, checksOf } from '../../diagnosis/index.js';
import { defineCommand } from '../command.js';
import { doctorInputs, parseDoctor } from './doctor-inputs.js';
import { reportOf } from './doctor-report.js';

export const doctor = defineCommand({
  name: 'doctor',
  label: 'Doctor',
  help: 'Checks what a signing run depends on, and says how to correct what is wrong. Machine, Docker, network, identity, registry, trust data and keys. Takes the inputs of the command that does not work; what is not given is not checked. Changes nothing. Fails if a check fails.',
  example: ['registry', 'repository', 'tags', 'signing-key'],
  inputs: doctorInputs,
  outputs: ['failed-checks'],
  parse: parseDoctor,
  run: async (configuration, run) =>
    reportOf(await run.log.group('Checks', () => diagnose(checksOf(configuration, run)))),
});
