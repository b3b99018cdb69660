/** A click on a link to another site: our name for it, and the one that pages moved from elsewhere use. */
export const outboundLinkNames: readonly string[] = ["outbound_link", "Outbound Link: Click"];
