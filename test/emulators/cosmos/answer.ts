/** What goes back to the client. */
export interface Answer {
  /** 200 if left out. */
  readonly status?: number;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** Request units; 1 if left out. */
  readonly charge?: number;
  /** The number of the container's last write, for the session token. */
  readonly lsn?: number;
}
