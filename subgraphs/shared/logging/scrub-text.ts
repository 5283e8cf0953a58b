export const REDACTED = '[redacted]';

// What must not be in a log wherever it stands: in a message, an error's text, a header's value, a URL, or percent-encoded in the
// query of another URL. Repetitions at the beginning of a pattern are bounded: a long text must not take quadratic time.
const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/\bop_(live|test)_[A-Za-z0-9]+/g, `op_$1_${REDACTED}`],
  [/\b((?:sk|rk|pk)_(?:live|test))_[A-Za-z0-9_]+/g, `$1_${REDACTED}`],
  [/\bwhsec_[A-Za-z0-9_+/=-]+/g, `whsec_${REDACTED}`],
  // The end of a webhook's URL; an endpoint's id is shorter.
  [/\bwhe_[A-Za-z0-9_-]{30,}/g, `whe_${REDACTED}`],
  [/\b((?:seti|pi|cs|src)_[A-Za-z0-9_]+?_secret)_[A-Za-z0-9]+/g, `$1_${REDACTED}`],
  // What a browser brings back from a page of OAuth.
  [/\b(ac)_[A-Za-z0-9]{6,}/g, `$1_${REDACTED}`],
  [/([?&](?:state|code)=)[^&\s"']+/gi, `$1${REDACTED}`],
  [/((?:\/|%2f)pay(?:\/|%2f))[A-Za-z0-9_~.-]+/gi, `$1${REDACTED}`],
  [/\b(bearer|basic)(\s+|%20|\+)[A-Za-z0-9._~+/=-]+/gi, `$1$2${REDACTED}`],
  [/\b(t=\d+,(?:v\d=[0-9a-f]*,)*v\d=)[0-9a-f]{16,}(?:,v\d=[0-9a-f]+)*/g, `$1${REDACTED}`],
  [/((?::\/\/|%3a%2f%2f)[^\s:/@%]{0,200}(?::|%3a))[^\s@/%]+(?=@|%40)/gi, `$1${REDACTED}`],
];

// 13 to 19 digits that begin like a card's, alone or in groups. Luhn's check then tells cards from other long numbers.
const CARD = /(?<![\w.-])[2-6]\d{3}(?:[ -]?\d){9,15}(?![\w-]|\.\d)/g;

/** The text without anything that would let its reader act as somebody, pay as somebody, or charge a card. */
export function scrubText(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of PATTERNS) clean = clean.replace(pattern, replacement);
  return clean.replace(CARD, (candidate) => (passesLuhn(candidate.replace(/\D/g, '')) ? '[card]' : candidate));
}

function passesLuhn(digits: string): boolean {
  let sum = 0;
  for (let i = 0; i < digits.length; i++) {
    const digit = Number(digits[digits.length - 1 - i]);
    const doubled = digit * 2 > 9 ? digit * 2 - 9 : digit * 2;
    sum += i % 2 === 1 ? doubled : digit;
  }
  return sum % 10 === 0;
}
