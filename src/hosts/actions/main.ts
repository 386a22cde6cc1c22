/** Entry of the action's main step. */
import { runAndExit } from '../run.js';
import { createActionsHost } from './host.js';

void runAndExit(createActionsHost(process.env), process);
