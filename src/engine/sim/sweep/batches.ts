/**
 * Shares the cases of a sweep out into batches, each for one lab that is brought up once. By number alone: what is found does not hang on how many
 * batches run at the same time.
 */
const SIZE = 12

export function batchesOf<T>(cases: readonly T[]): readonly (readonly T[])[] {
  const count = Math.ceil(cases.length / SIZE)
  // Neighbours are alike: a batch of nothing but nodes would take longer than the others.
  return Array.from({ length: count }, (_, batch) => cases.filter((_, index) => index % count === batch))
}
