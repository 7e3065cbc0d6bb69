type Row = Readonly<Record<string, unknown>>;

/** Where a command says what it found: lines for people as they come, or with `--json` one array of objects. */
export class Output {
  readonly json: boolean;
  readonly #write: (text: string) => void;
  #rows = 0;
  #nothing: (() => void) | undefined;

  constructor(json: boolean, write: (text: string) => void) {
    this.json = json;
    this.#write = write;
  }

  /** One thing that was found: `facts` for programs, `line` for people. */
  row(facts: Row, line: string): void {
    const text = this.json ? `${this.#rows === 0 ? '[' : ','}\n${JSON.stringify(facts)}` : `${line}\n`;
    this.#rows += 1;
    this.#write(text);
  }

  /** A word to people only. */
  say(line: string): void {
    if (!this.json) this.#write(`${line}\n`);
  }

  /** Once, when the command has ended well, or knows what went badly. */
  end(): void {
    if (this.json) this.#write(this.#rows === 0 ? '[]\n' : '\n]\n');
    else if (this.#rows === 0) this.#nothing?.();
  }

  /** Once, when the command could not come to its end: what was told so far stays whole. */
  breakOff(): void {
    if (this.json && this.#rows > 0) this.#write('\n]\n');
  }

  /** What a list says to people when it is empty. */
  whenEmpty(line: string): this {
    this.#nothing = () => this.#write(`${line}\n`);
    return this;
  }
}
