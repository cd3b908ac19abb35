import type { Vec3 } from "@septum/volume";

const units = ["B", "kB", "MB", "GB"];

/** `12.3 MB`; decimal units, as file managers count. */
export function bytesText(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 || value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} ${units[unit]}`;
}

/** Volume of so many voxels in millilitres; `spacing` in mm. */
export function millilitres(voxels: number, [si, sj, sk]: Vec3): number {
  return (voxels * si * sj * sk) / 1000;
}

/** `0.031 mL`, `4.20 mL`, `12.3 mL`, `1,523 mL`: three figures, never more than the voxels know. */
export function volumeText(voxels: number, spacing: Vec3): string {
  const volume = millilitres(voxels, spacing);
  const digits = volume === 0 || volume >= 100 ? 0 : volume >= 10 ? 1 : volume >= 1 ? 2 : 3;
  return `${volume.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits })} mL`;
}

export function countText(voxels: number): string {
  return `${voxels.toLocaleString("en-US")} ${voxels === 1 ? "voxel" : "voxels"}`;
}

/** `1.50`: enough figures for a spacing in mm. */
export function spacingText(spacing: Vec3): string {
  return `${spacing.map((part) => String(Number(part.toPrecision(3)))).join(" × ")} mm`;
}

/** Value of a voxel for the status line. */
export function valueText(value: number): string {
  if (Number.isInteger(value)) return String(value);
  return Math.abs(value) >= 1000 ? value.toFixed(0) : String(Number(value.toPrecision(4)));
}

/** `3 s`, `2 min`, `1 h 5 min`: as exact as one looks at a clock while waiting. */
export function durationText(seconds: number): string {
  if (seconds < 99.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  return minutes % 60 === 0 ? `${minutes / 60} h` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** The runtime calls its providers `cpu` or `cuda`; people write them large. */
export function deviceText(device: string): string {
  const names: Readonly<Record<string, string>> = {
    webgpu: "WebGPU",
    tensorrt: "TensorRT",
    coreml: "CoreML",
    dml: "DirectML",
  };
  return names[device] ?? (/^[a-z]{3,4}$/.test(device) ? device.toUpperCase() : device);
}
