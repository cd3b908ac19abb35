/** The model folder is incomplete or contradicts itself: the folder has to be mended. */
export class ModelFolderError extends Error {
  readonly tag = "ModelFolderError";
  override readonly name = "ModelFolderError";
}

/** The folder is sound, but asks for something Septum does not do: another model has to be used. */
export class UnsupportedModel extends Error {
  readonly tag = "UnsupportedModel";
  override readonly name = "UnsupportedModel";
}

/** The weights cannot be read, or are not the ones the plans describe: the file has to be fetched again. */
export class CheckpointError extends Error {
  readonly tag = "CheckpointError";
  override readonly name = "CheckpointError";
}

/** No provider that was asked for works here: `attempts` says why each one failed. */
export class DeviceUnavailable extends Error {
  readonly tag = "DeviceUnavailable";
  override readonly name = "DeviceUnavailable";
  readonly attempts: readonly { readonly name: string; readonly ok: boolean; readonly reason?: string }[];

  constructor(message: string, attempts: DeviceUnavailable["attempts"]) {
    super(message);
    this.attempts = attempts;
  }
}

/** The device thread ended while a pass was waiting or running: the pass may be asked for again. */
export class DeviceLost extends Error {
  readonly tag = "DeviceLost";
  override readonly name = "DeviceLost";
}

/** The network refused a pass: the patch does not fit it, or the runtime failed. The device goes on. */
export class PassFailed extends Error {
  readonly tag = "PassFailed";
  override readonly name = "PassFailed";
}
