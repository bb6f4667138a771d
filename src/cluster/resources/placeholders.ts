import type { Diagnostic } from '../../model/index.ts'

/**
 * Finds what people paste along with an example from documentation: lines of `...`, `(other cluster config omitted)`, `spec: ...`. They
 * are reported and blanked, so that the rest of the file is read as it was meant and its own errors show too.
 *
 * `...` at column 0 is YAML's end of a document; before `---` or the end of the file it is left alone.
 */
export function removePlaceholders(file: string, text: string): { readonly text: string; readonly diagnostics: readonly Diagnostic[] } {
  const lines = text.split('\n')
  const diagnostics: Diagnostic[] = []
  let literal: number | undefined
  for (const [index, line] of lines.entries()) {
    const indent = line.length - line.trimStart().length
    if (literal !== undefined) {
      if (line.trim() === '' || indent > literal) continue
      literal = undefined
    }
    if (/(?:^|[\s:-])[|>][+-]?\d?[+-]?\s*(?:#.*)?\r?$/.test(line) && !/^\s*#/.test(line)) literal = indent
    const found = placeholderIn(line)
    if (found === undefined || (indent === 0 && /^\.\.\.\s*$/.test(line) && endsDocument(lines, index))) continue
    const splits = /^\.\.\./.test(line)
    diagnostics.push({
      severity: 'error',
      code: 'pasted-placeholder',
      file,
      line: index + 1,
      column: found.start + 1,
      path: '',
      message: splits
        ? `\`${found.text}\` at the start of a line ends a YAML document: what follows is read as another one`
        : `\`${found.text}\` stands for what the documentation left out`,
      suggestion: 'remove it, or put what it stands for',
    })
    lines[index] = line.slice(0, found.start) + ' '.repeat(found.text.length) + line.slice(found.start + found.text.length)
  }
  return { text: lines.join('\n'), diagnostics }
}

function placeholderIn(line: string): { readonly start: number; readonly text: string } | undefined {
  const match =
    /^(\s*(?:- )?)((?:\.\.\.|…)(?:\s*\([^)]*\))?)\s*(?:#.*)?$/.exec(line) ??
    /^(\s*)(\([^)]*(?:omitted|省略)[^)]*\))\s*$/i.exec(line) ??
    /^(\s*(?:- )?[\w.-]+:\s+)(\.\.\.|…)\s*(?:#.*)?$/.exec(line)
  return match ? { start: match[1]!.length, text: match[2]! } : undefined
}

function endsDocument(lines: readonly string[], index: number): boolean {
  for (const line of lines.slice(index + 1)) {
    if (line.trim() === '' || /^\s*#/.test(line)) continue
    return /^(?:---|%)/.test(line)
  }
  return true
}

/** Web pages lose indentation when they are copied. The syntax errors that follow from it do not say so. */
export function lostIndentation(file: string, text: string): Diagnostic[] {
  const match =
    /^(metadata|spec|loadBalancer):[ \t]*(?:#.*)?\r?\n(?:[ \t]*(?:#.*)?\r?\n)*(?=(?:name|namespace|loadBalancer|mode|type|floatingIPs|localASN|peers):)/m.exec(
      text,
    )
  if (match === null) return []
  const line = text.slice(0, match.index + match[0].length).split('\n').length
  const message = `the file has lost its indentation: what belongs under \`${match[1]}\` stands beside it`
  return [
    {
      severity: 'error',
      code: 'lost-indentation',
      file,
      line,
      column: 1,
      path: '',
      message,
      suggestion: 'indent each level by two spaces',
    },
  ]
}
