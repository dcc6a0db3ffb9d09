import { openLiveWorld } from "../../modules/worlds/live.ts";
import { transportConformance } from "../support/transport-conformance.ts";

transportConformance("live", openLiveWorld);
