/** Where in a step the process is. Tests end it there; nothing else may use this. */
export type BoundaryHook = (key: string, place: string) => void;
