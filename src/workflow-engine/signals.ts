/** Why a worker lets go of an operation without ending it. */
export class LetGo extends Error {
  override readonly name = 'LetGo';
  readonly why: 'taken-over' | 'shutdown' | 'lease-lost' | 'not-yet';
  constructor(why: LetGo['why']) {
    super(`the worker lets go of the operation: ${why}`);
    this.why = why;
  }
}
