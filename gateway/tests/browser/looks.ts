import type { Frame, Page } from 'playwright-core';

/** How far the page is wider than its window, in pixels. */
export async function overflow(page: Page): Promise<number> {
  const widths = await Promise.all(page.frames().map((frame) => frame.evaluate<number>(OVERFLOW)));
  return Math.max(...widths);
}
const OVERFLOW = 'document.documentElement.scrollWidth - document.documentElement.clientWidth';

/**
 * Texts that are too faint for many people to read: below 4.5 : 1 against what is behind them, or 3 : 1 for large ones (WCAG 2.2, AA).
 * Plain colours only: a picture behind a text is not looked at.
 */
export async function faintTexts(page: Page): Promise<string[]> {
  const found = await Promise.all(page.frames().map(faintTextsIn));
  return found.flat();
}

async function faintTextsIn(frame: Frame): Promise<string[]> {
  const texts = await frame.evaluate<ShownText[]>(SHOWN_TEXTS);
  return texts.flatMap(({ text, color, layers, opacity, sizePx, weight }) => {
    const behind = layers.map(parseColor).reduceRight((below, layer) => blend(layer, below));
    const ink = parseColor(color);
    const ratio = contrast(blend({ ...ink, alpha: ink.alpha * opacity }, behind), behind);
    const large = sizePx >= 24 || (sizePx >= 18.66 && weight >= 700);
    return ratio < (large ? 3 : 4.5) ? [`"${text}" ${ratio.toFixed(2)} : 1`] : [];
  });
}

interface ShownText {
  readonly text: string;
  readonly color: string;
  /** Backgrounds from the text's own element outwards; last what the browser itself paints, which depends on the page's scheme. */
  readonly layers: readonly string[];
  readonly opacity: number;
  readonly sizePx: number;
  readonly weight: number;
}

/** Runs in the page. */
const SHOWN_TEXTS = `(() => {
const dark = matchMedia('(prefers-color-scheme: dark)').matches && getComputedStyle(document.documentElement).colorScheme.includes('dark');
return [...document.querySelectorAll('body, body *')].flatMap((element) => {
  const text = [...element.childNodes].filter((node) => node.nodeType === 3).map((node) => node.data.trim()).join(' ').trim();
  const { width, height } = element.getBoundingClientRect();
  const style = getComputedStyle(element);
  if (text === '' || width < 2 || height < 2 || style.visibility === 'hidden') return [];
  const layers = [];
  let opacity = 1;
  for (let at = element; at; at = at.parentElement) {
    layers.push(getComputedStyle(at).backgroundColor);
    opacity *= Number(getComputedStyle(at).opacity);
  }
  layers.push(dark ? 'rgb(18, 18, 18)' : 'rgb(255, 255, 255)');
  return [{ text: text.slice(0, 60), color: style.color, layers, opacity, sizePx: parseFloat(style.fontSize), weight: Number(style.fontWeight) }];
});
})()`;

interface Color {
  readonly channels: readonly number[];
  readonly alpha: number;
}

function parseColor(text: string): Color {
  const numbers = /^rgba?\(([^)]*)\)$/
    .exec(text)?.[1]
    ?.split(/[\s,/]+/)
    .map(Number);
  if (numbers === undefined || numbers.length < 3) throw new Error(`A colour that is not understood here: ${text}`);
  return { channels: numbers.slice(0, 3), alpha: numbers[3] ?? 1 };
}

const blend = (above: Color, below: Color): Color => ({
  channels: above.channels.map(
    (value, index) => value * above.alpha + (below.channels[index] ?? 0) * (1 - above.alpha),
  ),
  alpha: 1,
});

/** WCAG's relative luminance. */
function luminance({ channels }: Color): number {
  const [red = 0, green = 0, blue = 0] = channels.map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Color, other: Color): number {
  const [lighter = 0, darker = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (lighter + 0.05) / (darker + 0.05);
}
