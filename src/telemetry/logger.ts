import winston from 'winston';
import type { Log } from '../ports/system.ts';
import { describeError } from './describe-error.ts';
import { redact, redactText } from './redact.ts';

type LogLevel = 'debug' | 'info' | 'warn' | 'error';

export interface LoggerOptions {
  level: LogLevel;
  /** If given, lines are also written to this file. */
  file?: string | null;
  /** Where lines go instead of stdout; for tests. */
  stream?: NodeJS.WritableStream;
}

/** These fields come first in a line, in this order, so that a reader's eye finds them. */
const LEADING = ['request_id', 'global_request_id', 'project_id', 'user_id', 'operation_id'] as const;
/** Names of the line itself: a field of the same name is renamed. */
const OWN = new Set(['ts', 'level', 'msg']);

/** JSON lines. Secrets are removed from every field and message; errors are reduced to code, message and causes. */
export function createLogger(options: LoggerOptions): Log {
  const transports: winston.transport[] = [
    options.stream ? new winston.transports.Stream({ stream: options.stream }) : new winston.transports.Console(),
  ];
  if (options.file) transports.push(new winston.transports.File({ filename: options.file }));
  const logger = winston.createLogger({
    level: options.level,
    levels: { error: 0, warn: 1, info: 2, debug: 3 },
    format: winston.format.printf((info) => String(info.message)),
    transports,
  });
  // A full disk must not end the process: the console goes on.
  logger.on('error', () => {});
  return logWith(logger, {});
}

function logWith(logger: winston.Logger, fixed: Record<string, unknown>): Log {
  const write = (level: LogLevel) => (message: string, fields?: Record<string, unknown>) => {
    if (!logger.isLevelEnabled(level)) return;
    logger.log(level, line(level, message, { ...fixed, ...fields }));
  };
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => logWith(logger, { ...fixed, ...fields }),
  };
}

function line(level: LogLevel, message: string, fields: Record<string, unknown>): string {
  const entry: Record<string, unknown> = { ts: new Date().toISOString(), level, msg: redactText(message) };
  for (const name of LEADING) if (fields[name] !== undefined) entry[name] = redact(fields[name]);
  for (const [name, value] of Object.entries(fields)) {
    if (name in entry && !OWN.has(name)) continue;
    entry[OWN.has(name) ? `field_${name}` : name] = clean(name, value);
  }
  return JSON.stringify(entry);
}

function clean(name: string, value: unknown): unknown {
  if (value instanceof Error) return describeError(value);
  return (redact({ [name]: value }) as Record<string, unknown>)[name];
}
