/** The part of a page that a run writes: between two marks, so that the words around it stay whoever's they are. */

export function replaceBetweenMarks(page: string, name: string, content: string): string {
  const begin = `<!-- ${name}: made by the command above, do not edit -->`
  const end = `<!-- end of ${name} -->`
  const from = page.indexOf(begin)
  const to = page.indexOf(end)
  if (from < 0 || to < from) throw new Error(`the page has no ${begin} … ${end}`)
  return `${page.slice(0, from + begin.length)}\n\n${content}\n\n${page.slice(to)}`
}
