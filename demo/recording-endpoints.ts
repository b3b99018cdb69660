import type { RecordingEndpoints } from "../shared/providers/recording-endpoint.ts";

/** How the server of a registered provider behaves. */
export async function recordingEndpoints(slug: string): Promise<RecordingEndpoints> {
  const { default: endpoints } = (await import(`../shared/providers/${slug}/recording.ts`)) as { default: RecordingEndpoints };
  return endpoints;
}
