/**
 * The images that a lab's containers run from: what each is made of (`lab/images/<kind>/Dockerfile`, the pinned Node, our bundles), and
 * whether an engine has them as this source needs them. Building them is the set-up's work, never a run's.
 */
export { bundlePrograms } from './bundle.ts'
export { IMAGE_KINDS, IMAGE_LABELS, PROGRAMS, PROGRAMS_OF, type ProgramName, repositoryOf } from './programs.ts'
export { type Images, requireImages } from './require.ts'
export { RUNTIME_VERSION } from './runtime.ts'
