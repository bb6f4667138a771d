/** `--report DIR`: a sweep's page and its data. The folder and both files are made before the sweep, so that minutes of work have a place to go. */
import { open, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Ending, EXIT } from '../exit.ts'
import { makeFolders } from '../writable.ts'

export interface ReportTexts {
  readonly page: string
  readonly data: string
}

export class ReportFolder {
  readonly #folder: string

  private constructor(folder: string) {
    this.#folder = folder
  }

  static async create(folder: string): Promise<ReportFolder> {
    const report = new ReportFolder(folder)
    await report.#orRefuse(async () => {
      await makeFolders(resolve(folder))
      for (const file of [report.page, report.#data]) await (await open(file, 'a')).close()
    })
    return report
  }

  get page(): string {
    return join(this.#folder, 'sweep.html')
  }

  async write({ page, data }: ReportTexts): Promise<void> {
    await this.#orRefuse(async () => {
      await writeFile(this.#data, data)
      await writeFile(this.page, page)
    })
  }

  get #data(): string {
    return join(this.#folder, 'sweep.json')
  }

  async #orRefuse(act: () => Promise<void>): Promise<void> {
    try {
      await act()
    } catch (error) {
      throw new Ending(EXIT.usage, `--report ${this.#folder} cannot be written: ${(error as Error).message}`)
    }
  }
}
