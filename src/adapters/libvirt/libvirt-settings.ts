export interface LibvirtSettings {
  /** e.g. `qemu:///system` */
  uri: string;
  /** No call may take longer; a freeze hangs as long as the guest's agent does. */
  callSeconds: number;
}

/** Runs one command of virsh's; resolves with what it said. @throws ProcessError */
export type Virsh = (...args: string[]) => Promise<string>;
