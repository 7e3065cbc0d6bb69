interface ProcessEnd {
  /** Null when a signal ended it, or when it never ran. */
  exitCode: number | null;
  signal: string | null;
  /** The end of what it wrote to stderr. An outside text: for the log, never for a tenant. */
  stderrTail: string;
}

export interface ProcessErrorOptions extends ProcessEnd {
  /** True: it was killed because it took too long. */
  timedOut: boolean;
  cause?: unknown;
}

/** A process that did not end with 0. */
export class ProcessError extends Error {
  override readonly name = 'ProcessError';
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  readonly timedOut: boolean;

  constructor(file: string, options: ProcessErrorOptions) {
    super(
      `${file} ${what(options)}${said(options)}`,
      options.cause === undefined ? undefined : { cause: options.cause },
    );
    this.exitCode = options.exitCode;
    this.signal = options.signal;
    this.stderrTail = options.stderrTail;
    this.timedOut = options.timedOut;
  }
}

function what({ exitCode, signal, timedOut }: ProcessErrorOptions): string {
  if (timedOut) return 'took too long and was ended';
  if (exitCode !== null) return `ended with status ${exitCode}`;
  return signal === null ? 'could not be run' : `was ended by ${signal}`;
}

const LAST_WORDS_CHARS = 300;

/** The last line of stderr, which usually gives the reason. */
function said({ stderrTail }: ProcessErrorOptions): string {
  const lastLine =
    stderrTail
      .trimEnd()
      .split(/[\r\n]/)
      .at(-1) ?? '';
  return lastLine === '' ? '' : `: ${lastLine.slice(0, LAST_WORDS_CHARS)}`;
}
