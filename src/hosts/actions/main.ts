/** Entry of the action's main step. */
import { runAndLeave } from '../run.js';
import { createActionsHost } from './host.js';

void runAndLeave(createActionsHost(process.env), process);
