/** What a caller may ask of servers: each function here is bound to its collaborators by `createServices`. */
export { listServers } from './list.ts';
