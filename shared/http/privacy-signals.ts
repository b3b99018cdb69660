/** What a visitor's browser asks of everybody by itself. */
export interface PrivacySignals {
  /** `DNT: 1` (W3C Tracking Preference Expression, section 5.2). */
  readonly do_not_track: boolean;
  /** `Sec-GPC: 1` (W3C Global Privacy Control, section 3.2). */
  readonly global_privacy_control: boolean;
}

/** Reads the signals from a request's headers; anything but a clear yes is none. */
export const signalsOf = (header: (name: string) => string | undefined): PrivacySignals => ({
  do_not_track: header("dnt")?.trim() === "1",
  global_privacy_control: header("sec-gpc")?.trim() === "1",
});
