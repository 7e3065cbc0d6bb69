/** Why a worker gives an operation up without ending it. */
export class LetGo extends Error {
  override readonly name = 'LetGo';
  readonly why: 'taken-over' | 'shutdown' | 'lease-lost' | 'not-yet';
  /** With `not-yet`: somebody may look again after this time, which grows with each release. Milliseconds. */
  readonly pauseMs: number;
  constructor(why: LetGo['why'], pauseMs = 0) {
    super(`the worker lets go of the operation: ${why}`);
    this.why = why;
    this.pauseMs = pauseMs;
  }
}
