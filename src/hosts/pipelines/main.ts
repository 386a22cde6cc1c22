/** Entry of the task. */
import './given-inputs.js';
import { runAndLeave } from '../run.js';
import { useAgentProxy } from './agent-proxy.js';
import { createPipelinesHost } from './host.js';
import { dropTaskLibHandlers } from './quiet.js';

dropTaskLibHandlers();
useAgentProxy(process.env);
void runAndLeave(createPipelinesHost(process.env), process);
