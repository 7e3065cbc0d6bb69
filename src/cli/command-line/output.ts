type Row = Readonly<Record<string, unknown>>;

/** Where a command writes its results: lines for people as they come, or with `--json` one array of objects. */
export class Output {
  readonly json: boolean;
  readonly #write: (text: string) => void;
  #rows = 0;
  #nothing: (() => void) | undefined;

  constructor(json: boolean, write: (text: string) => void) {
    this.json = json;
    this.#write = write;
  }

  /** One result: `facts` for programs, `line` for people. */
  row(facts: Row, line: string): void {
    const text = this.json ? `${this.#rows === 0 ? '[' : ','}\n${JSON.stringify(facts)}` : `${line}\n`;
    this.#rows += 1;
    this.#write(text);
  }

  /** Prints for people only. */
  say(line: string): void {
    if (!this.json) this.#write(`${line}\n`);
  }

  /** Called once, when the command has ended, whether or not everything went well. */
  end(): void {
    if (this.json) this.#write(this.#rows === 0 ? '[]\n' : '\n]\n');
    else if (this.#rows === 0) this.#nothing?.();
  }

  /** Called once, when the command could not finish: the output so far stays well-formed. */
  breakOff(): void {
    if (this.json && this.#rows > 0) this.#write('\n]\n');
  }

  /** Sets what people see when a list is empty. */
  whenEmpty(line: string): this {
    this.#nothing = () => this.#write(`${line}\n`);
    return this;
  }
}
