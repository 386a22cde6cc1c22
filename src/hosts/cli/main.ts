/** Entry of the command line. */
import { runCli } from './run-cli.js';

void runCli(process);
