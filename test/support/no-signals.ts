import type { PrivacySignals } from "../../shared/http/privacy-signals.ts";

/** A browser that asks for nothing by itself. */
export const noSignals: PrivacySignals = { do_not_track: false, global_privacy_control: false };
