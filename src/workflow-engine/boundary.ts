/** Where in a step the process stands. Tests end it there; nothing else may look at this. */
export type BoundaryHook = (key: string, place: string) => void;
