/** Neither the catalogue's server nor an earlier copy of the list can be read: use a folder of your own, or a mirror. */
export class CatalogueUnavailable extends Error {
  readonly tag = "CatalogueUnavailable";
  override readonly name = "CatalogueUnavailable";
}

/** The catalogue has no model of that name. */
export class UnknownModel extends Error {
  readonly tag = "UnknownModel";
  override readonly name = "UnknownModel";
}

/** The model may be downloaded by those who accept its licence. */
export class LicenceNotAccepted extends Error {
  readonly tag = "LicenceNotAccepted";
  override readonly name = "LicenceNotAccepted";
}

/** A file could not be fetched, or is not the one that was promised. What is good so far is kept: try again. */
export class DownloadFailed extends Error {
  readonly tag = "DownloadFailed";
  override readonly name = "DownloadFailed";
}
