/** Entry of the task. */
import './given-inputs.js';
import './prove-key-folder.js';
import { runAndExit } from '../run.js';
import { useAgentProxy } from './agent-proxy.js';
import { createPipelinesHost } from './host.js';
import { dropTaskLibHandlers } from './silence-task-lib.js';

dropTaskLibHandlers();
useAgentProxy(process.env);
void runAndExit(createPipelinesHost(process.env), process);
