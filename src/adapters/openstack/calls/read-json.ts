export { integer, type JsonObject, list, object, strings, text } from '../../../domain/json.ts';
