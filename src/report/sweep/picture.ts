/** A broken path as a drawing (SVG): its devices in a row, and a mark where it broke. Pure. */
import type { BrokenPath } from '../../model/index.ts'
import { escapeHtml } from './escape.ts'

const BOX = { width: 92, height: 30, gap: 34 }
const MARGIN = 4

/** Empty for a path of which nothing is known. */
export function pathPicture({ path, brokenAt }: BrokenPath, failed: ReadonlySet<string>): string {
  if (path.length === 0) return ''
  const step = BOX.width + BOX.gap
  const width = path.length * step - BOX.gap + 2 * MARGIN
  const height = BOX.height + 2 * MARGIN
  const middle = height / 2
  const parts = path.map((name, index) => {
    const x = MARGIN + index * step
    const dead = failed.has(name)
    const box = `<rect class="${dead ? 'dead' : 'box'}" x="${x}" y="${MARGIN}" width="${BOX.width}" height="${BOX.height}" rx="5"/>`
    const text = `<text x="${x + BOX.width / 2}" y="${middle + 4}">${escapeHtml(name)}</text>`
    return `${index === 0 ? '' : line(x - BOX.gap, x, middle, index === brokenAt)}${box}${text}`
  })
  const label = escapeHtml(path.join(', '))
  return `<svg viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">${parts.join('')}</svg>`
}

function line(from: number, to: number, y: number, broken: boolean): string {
  const cable = `<line class="${broken ? 'cut' : 'cable'}" x1="${from}" y1="${y}" x2="${to}" y2="${y}"/>`
  if (!broken) return cable
  const x = (from + to) / 2
  return `${cable}<path class="cross" d="M${x - 6} ${y - 6}L${x + 6} ${y + 6}M${x - 6} ${y + 6}L${x + 6} ${y - 6}"/>`
}
