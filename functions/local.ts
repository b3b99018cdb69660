import { openEmbeddedPorts } from "../shared/composition/open-embedded-ports.ts";
import { loadEmbeddedConfig } from "../shared/config/embedded-config.ts";
import { runGateway } from "./run-gateway.ts";

/** The gateway on one machine. One file has one writer: more partitions would only scatter what it writes. */
runGateway({ loadConfig: loadEmbeddedConfig, openPorts: openEmbeddedPorts, eventShards: 1 });
