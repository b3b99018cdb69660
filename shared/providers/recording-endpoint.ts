/** A request as a provider's server gets it; header names are lower case, `path` has no query. */
export interface RecordingRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

/** An event that the provider took, as a person would look for it. */
export interface RecordedEvent {
  readonly name: string;
  readonly url?: string | undefined;
  readonly visitor: { readonly ip?: string | undefined; readonly user_agent?: string | undefined; readonly id?: string | undefined };
}

export interface RecordingAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | object;
  readonly recorded?: readonly RecordedEvent[];
}

/** An answer that says yes (2xx) to a request that would be taken otherwise, while nothing of it is kept. */
export type RecordingRefusal = (request: RecordingRequest) => RecordingAnswer;

/** How one provider's own server behaves, for the recording provider. */
export interface RecordingEndpoints {
  /** The settings of a config that points at a recording server with this base URL. */
  exampleSettings(baseUrl: string): Readonly<Record<string, unknown>>;
  /** The secrets that these settings refer to, by name. */
  readonly exampleSecrets?: Readonly<Record<string, string>>;
  /** `undefined` for a path that it does not have. */
  answer(request: RecordingRequest): RecordingAnswer | undefined;
  /** What it answers when what its plan allows is used up, and when it throws events away; absent where it has no such answer. */
  readonly refusals?: { readonly quota?: RecordingRefusal; readonly dropped?: RecordingRefusal };
}
