/** A picture for the whole tile; where it is comes from `gl_FragCoord`. */
export const vertexSource = `#version 300 es
void main() {
  vec2 corner = vec2(gl_VertexID & 1, gl_VertexID >> 1);
  gl_Position = vec4(2.0 * corner - 1.0, 0.0, 1.0);
}`;

/** What texels of a slice are: whole numbers as the file has them, or floating point. */
export type Sampler = "isampler2D" | "usampler2D" | "sampler2D";

/** Flags in the second channel of a slice of labels. */
export const previewFlag = 1;
/** The active segment's own mask, whatever the label is. */
export const activeFlag = 2;

/**
 * One slice: grey values between the ends of the window, labels in their colours above them, and on top the active segment,
 * whole; of what it covers the outline is left. Values are interpolated, labels are not. Outlines are as wide on the screen
 * however far it is zoomed.
 */
export function fragmentSource(sampler: Sampler): string {
  return `#version 300 es
precision highp float;
precision highp int;
uniform highp ${sampler} image;
uniform highp usampler2D labels;
uniform highp sampler2D palette;
uniform highp vec4 place;
uniform highp vec2 lower;
uniform float fill;
uniform float outline;
uniform vec2 reach;
uniform vec4 preview;
uniform int chosen;
out vec4 colour;

ivec2 edge;

float stored(ivec2 texel) {
  return float(texelFetch(image, clamp(texel, ivec2(0), edge), 0).r);
}

float greyAt(vec2 at) {
  vec2 centre = at - 0.5;
  ivec2 texel = ivec2(floor(centre));
  vec2 part = centre - floor(centre);
  float below = mix(stored(texel), stored(texel + ivec2(1, 0)), part.x);
  float above = mix(stored(texel + ivec2(0, 1)), stored(texel + ivec2(1, 1)), part.x);
  float value = mix(below, above, part.y);
  return value == value ? clamp((value - lower.x) * lower.y, 0.0, 1.0) : 0.0;
}

uvec2 labelAt(vec2 at) {
  return texelFetch(labels, clamp(ivec2(floor(at)), ivec2(0), edge), 0).rg;
}

vec4 lookOf(int label) {
  return texelFetch(palette, ivec2(label & 255, label >> 8), 0);
}

void main() {
  vec2 at = gl_FragCoord.xy * place.xy + place.zw;
  edge = textureSize(image, 0) - 1;
  if (any(lessThan(at, vec2(0.0))) || any(greaterThanEqual(at, vec2(edge + 1)))) {
    colour = vec4(0.0, 0.0, 0.0, 1.0);
    return;
  }
  vec3 shown = vec3(greyAt(at));
  uvec2 here = labelAt(at);
  uvec2 west = labelAt(at - vec2(reach.x, 0.0));
  uvec2 east = labelAt(at + vec2(reach.x, 0.0));
  uvec2 south = labelAt(at - vec2(0.0, reach.y));
  uvec2 north = labelAt(at + vec2(0.0, reach.y));
  uint everywhere = west.g & east.g & south.g & north.g;
  vec4 own = lookOf(chosen);
  bool covered = (here.g & ${activeFlag}u) != 0u && own.a > 0.0;
  if (here.r != 0u && int(here.r) != chosen) {
    vec4 look = lookOf(int(here.r));
    bool border = west.r != here.r || east.r != here.r || south.r != here.r || north.r != here.r;
    float strength = max(border ? outline : 0.0, covered ? 0.0 : fill);
    shown = mix(shown, look.rgb, strength * look.a);
  }
  if (covered) {
    bool border = (everywhere & ${activeFlag}u) == 0u;
    shown = mix(shown, own.rgb, (border ? max(outline, fill) : fill) * own.a);
  }
  if ((here.g & ${previewFlag}u) != 0u) {
    bool border = (everywhere & ${previewFlag}u) == 0u;
    shown = mix(shown, preview.rgb, border ? 0.9 : preview.a);
  }
  colour = vec4(shown, 1.0);
}`;
}
