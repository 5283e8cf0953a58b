// A server takes one statement per request; chDB would execute as many as the text holds. These rules keep the embedded
// engine as strict as a server, also for what stands in inserted data.

export interface OneStatement {
  readonly sql: string;
  /** Rows sent along, for formats of one row per line. */
  readonly rows: number;
}

/** @param query the `query` parameter; without one the body is the statement, with one it is the data of an insert. */
export function asOneStatement(query: string | null, body: string): OneStatement {
  if (query === null) return { sql: single(body), rows: 0 };
  const format = /^\s*INSERT\b[^]*\bFORMAT\s+(\w+)\s*;?\s*$/i.exec(query)?.[1];
  if (format === undefined) return { sql: single(`${query}\n${body}`), rows: 0 };
  const statement = single(query);
  if (!/^JSON\w*EachRow\w*$/i.test(format)) {
    // In other formats a blank line can be part of a value, and chDB takes it for the end of the data.
    throw refusal(
      73,
      `The embedded ClickHouse takes inserted data in the JSON…EachRow formats, not ${format}`,
      'UNKNOWN_FORMAT',
    );
  }
  const lines = body.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw refusal(108, 'No data to insert', 'NO_DATA_TO_INSERT');
  return { sql: `${statement}\n${lines.join('\n')}\n`, rows: lines.length };
}

function single(text: string): string {
  const end = endOfFirstStatement(text);
  if (end === text.length) return text.trimEnd();
  if (withoutComments(text.slice(end + 1)).trim() !== '') {
    throw refusal(62, 'Syntax error (Multi-statements are not allowed)', 'SYNTAX_ERROR');
  }
  return text.slice(0, end).trimEnd();
}

const QUOTED = /'(?:[^'\\]|\\[^]|'')*'|"(?:[^"\\]|\\[^]|"")*"|`(?:[^`\\]|\\[^]|``)*`|\$(\w*)\$[^]*?\$\1\$/y;
const COMMENT = /--[^\n]*|#!?\s[^\n]*|\/\*[^]*?\*\//y;

function endOfFirstStatement(text: string): number {
  for (let at = 0; at < text.length;) {
    const skipped = matchAt(QUOTED, text, at) || matchAt(COMMENT, text, at);
    if (skipped > 0) at += skipped;
    else if (text[at] === ';') return at;
    else at += 1;
  }
  return text.length;
}

function withoutComments(text: string): string {
  return text.replace(new RegExp(COMMENT.source, 'g'), ' ').replace(/;/g, ' ');
}

function matchAt(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}

function refusal(code: number, message: string, name: string): Error {
  return new Error(`Code: ${String(code)}. DB::Exception: ${message}. (${name})`);
}
