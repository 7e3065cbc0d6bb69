/** Why a worker lets go of an operation without ending it. */
export class LetGo extends Error {
  override readonly name = 'LetGo';
  readonly why: 'taken-over' | 'shutdown' | 'lease-lost' | 'not-yet';
  /** With `not-yet`: after so long somebody may look again; it grows from time to time. Milliseconds. */
  readonly pauseMs: number;
  constructor(why: LetGo['why'], pauseMs = 0) {
    super(`the worker lets go of the operation: ${why}`);
    this.why = why;
    this.pauseMs = pauseMs;
  }
}
