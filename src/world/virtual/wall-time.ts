/** 2021-06-14T22:00:00Z, in seconds since 1970: the wall clock of a universe starts here unless it is told otherwise. */
export const DEFAULT_EPOCH_SECONDS = 1_623_708_000

/** Seconds since 1970 → RFC 3339 in UTC. Days to a date after Howard Hinnant's `civil_from_days`, since `Date` is not for virtual time. */
export function formatWallTime(secondsSince1970: number): string {
  const days = Math.floor(secondsSince1970 / 86_400)
  const secondOfDay = secondsSince1970 - days * 86_400
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365,
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const marchMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const day = dayOfYear - Math.floor((153 * marchMonth + 2) / 5) + 1
  const month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  const clock = [Math.floor(secondOfDay / 3_600), Math.floor(secondOfDay / 60) % 60, secondOfDay % 60]
  const two = (n: number): string => String(n).padStart(2, '0')
  return `${String(year).padStart(4, '0')}-${two(month)}-${two(day)}T${clock.map(two).join(':')}Z`
}
