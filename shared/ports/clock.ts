/** Time, so that tests can move it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Runs `task` at `time` (milliseconds since the epoch), or soon when it is past; the answer cancels it. */
  at(time: number, task: () => void): () => void;
}
