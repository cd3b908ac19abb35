import { protocolNames } from "../protocols/names.ts";
import { decimal, list, timeOrNever, wholeNumber } from "./schemas.ts";
import type { Setting } from "./setting.ts";

/** Which other programs can, and for how long. */
export const protocolSettings: readonly Setting[] = [
  {
    key: "protocol",
    flag: "--protocol",
    env: "SEPTUM_PROTOCOL",
    value: "NAMES",
    help: "Protocols without authentication to speak as well, between commas: itksnap, slicer-v1, monai",
    standard: "none",
    allowed: `${protocolNames.join(", ")}, or several of them between commas`,
    schema: list(new RegExp(`^(${protocolNames.join("|")})$`)),
  },
  {
    key: "leases",
    flag: "--leases",
    env: "SEPTUM_LEASES",
    value: "COUNT",
    help: "Programs at once that speak nnInteractive's protocol, such as napari and 3D Slicer",
    standard: "100",
    allowed: "a whole number from 1 to 100000",
    schema: wholeNumber(1, 100_000),
  },
  {
    key: "leaseIdleSeconds",
    flag: "--lease-idle-seconds",
    env: "SEPTUM_LEASE_IDLE_SECONDS",
    value: "SECONDS",
    help: "Seconds without a prompt after which such a program has to connect again",
    standard: "600",
    allowed: "a number above 0, at most 31536000",
    schema: decimal(31_536_000),
  },
  {
    key: "leaseLivenessSeconds",
    flag: "--lease-liveness-seconds",
    env: "SEPTUM_LEASE_LIVENESS_SECONDS",
    value: "SECONDS",
    help: "Seconds without a sign of life after which such a program counts as gone, or never",
    standard: "60",
    allowed: "a number above 0, at most 31536000, or never",
    schema: timeOrNever(31_536_000),
  },
];
