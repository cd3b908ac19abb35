import type { ModelFacts } from "../../engine/engine.ts";

/** The release of the protocol that is spoken: that of the newest client it was tried with. */
const protocolVersion = "2.6.0";

/** What clients are told of the model (spec §1.5). */
export function capabilities({ settings, licence }: ModelFacts) {
  const { channels, hints, supported, patchSize, interactionChannels, supportsInitialMask, decay } = settings;
  const { previous, ...pairs } = channels;
  return {
    supported_interactions: supported,
    channel_mapping: { prev_seg: previous, ...pairs },
    num_interaction_channels: interactionChannels,
    supports_initial_label: supportsInitialMask,
    supports_zero_shot_label_refinement: hints?.refinesMasks ?? true,
    preferred_scribble_thickness: hints?.scribbleThickness ?? [2, 2, 2],
    interaction_decay: decay,
    patch_size: patchSize,
    do_autozoom: true,
    inference_session_version: protocolVersion,
    license: licence,
    supports_undo: true,
  };
}
