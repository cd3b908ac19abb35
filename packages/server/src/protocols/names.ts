/** Protocols that have no authentication of their own: each is off unless named (`--protocol`). */
export const protocolNames = ["itksnap", "slicer-v1", "monai"] as const;

export type ProtocolName = (typeof protocolNames)[number];

/** Those whose programs have no place for a token either. */
export const tokenlessProtocols: readonly ProtocolName[] = ["itksnap", "slicer-v1"];
