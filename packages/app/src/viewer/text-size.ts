const usual = 16;

/**
 * CSS pixels on this page of what has `pixels` where text has its usual size. What is drawn on a canvas grows with the text
 * around it, which is larger on large screens.
 */
export function grown(pixels: number): number {
  return (pixels * Number.parseFloat(getComputedStyle(document.documentElement).fontSize)) / usual;
}
