// The text of a flow file in pieces that are coloured: no reader of YAML, only what the eye looks for.

/** What a piece is; none for plain text. */
export type Kind = "comment" | "key" | "string" | "number" | "word" | "expression" | "mark" | undefined;

/** A piece of a line. */
export interface Piece { kind: Kind; text: string; /** Where in its line it begins. */ at: number }

const RULES: ReadonlyArray<readonly [Kind, RegExp]> = [
  ["expression", /\{\{.*?(?:\}\}|$)|\{%.*?(?:%\}|$)/y],
  ["mark", /[[\]{},]|- (?=\S)|[|>][+-]?$/y],
];
const COMMENT = /#.*/y;
const KEY = /(?:"[^"]*"|'[^']*'|[\w./*-]+)(?=\s*:(?:\s|$))/y;
const QUOTE = /"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?/y;
const PLAIN = /[^\s#"'[\]{},:]+/y;
const NUMBER = /^[-+]?(?:\d[\d_]*)(?:\.\d+)?(?:[eE][-+]?\d+)?(?:ms|s|m|h|d|B|KiB|MiB|GiB|TiB)?$/;
const WORD = /^(?:true|false|null|yes|no|on|off|~)$/;

function take(rule: RegExp, line: string, at: number): string | undefined {
  rule.lastIndex = at;
  return rule.exec(line)?.[0] || undefined;
}

function next(line: string, at: number): Omit<Piece, "at"> {
  const before = line[at - 1];
  const apart = before === undefined || /[\s,[{]/.test(before);
  if (apart) {
    const comment = take(COMMENT, line, at);
    if (comment) return { kind: "comment", text: comment };
    const key = take(KEY, line, at);
    if (key) return { kind: "key", text: key };
  }
  for (const [kind, rule] of RULES) {
    const text = take(rule, line, at);
    if (text) return { kind, text };
  }
  const quoted = apart ? take(QUOTE, line, at) : undefined;
  if (quoted) return { kind: "string", text: quoted };
  const plain = take(PLAIN, line, at);
  if (plain) return { kind: NUMBER.test(plain) ? "number" : WORD.test(plain) ? "word" : undefined, text: plain };
  return { kind: undefined, text: line[at] ?? "" };
}

/** A text with its expressions apart. */
function inText(text: string, from: number): Piece[] {
  let at = from;
  return text.split(/(\{\{.*?\}\})/).filter(Boolean).map((part) => {
    at += part.length;
    return { kind: part.startsWith("{{") ? "expression" : "string", text: part, at: at - part.length };
  });
}

function ofLine(line: string): Piece[] {
  const pieces: Piece[] = [];
  for (let at = 0; at < line.length;) {
    const { kind, text } = next(line, at);
    const last = pieces.at(-1);
    if (last && kind === undefined && last.kind === undefined) last.text += text;
    else pieces.push(...(kind === "string" ? inText(text, at) : [{ kind, text, at }]));
    at += text.length;
  }
  return pieces;
}

const indent = (line: string): number => line.length - line.trimStart().length;

/** The lines of a file in pieces. What stands below `|` or `>` is one text, whatever it looks like; its expressions are found. */
export function yamlLines(source: string): Piece[][] {
  let block: number | undefined;
  return source.replace(/\n$/, "").split("\n").map((line) => {
    if (block !== undefined && (line.trim() === "" || indent(line) > block)) {
      return inText(line, 0);
    }
    // What stands below an entry of a list is as deep as the entry's key.
    block = /(?:^|\s)[|>][+-]?\d?\s*(?:#.*)?$/.test(line) && /:\s|^\s*- /.test(line) ? indent(line) : undefined;
    return ofLine(line);
  });
}
