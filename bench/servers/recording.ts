import { startRecordingProvider } from "../../demo/recording-provider.ts";

/** The recording provider as a process of its own, which says where it listens as the gateway does. */
const { url } = await startRecordingProvider();
process.stdout.write(`carreau listening on ${url}\n`);
process.on("SIGTERM", () => process.exit(0));
