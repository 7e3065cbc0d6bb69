/** What a caller may ask of messages: each function here is bound to its collaborators by `createServices`. */
export { deleteMessage, listMessages, showMessage } from './message-acts.ts';
