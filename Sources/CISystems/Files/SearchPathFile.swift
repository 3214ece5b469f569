internal import Secrets

/// The file with the folders in which later steps look for programs, on GitHub and what follows it: one a line, each before
/// those that were there.
package struct SearchPathFile: Sendable, Equatable {
    package static let variable = "GITHUB_PATH"

    let path: String

    package func append(_ folder: String) throws(ExportError) {
        try file.append(Secret(folder + "\n"))
    }

    /// Finds what would make `append` fail, without a change.
    package func checkIsWritable() throws(ExportError) {
        try file.check()
    }

    private var file: AppendedFile { AppendedFile(variable: Self.variable, path: path) }
}
