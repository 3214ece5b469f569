package import HostSystem

/// The script in `BASH_ENV`, which CircleCI lets bash evaluate at the start of every later step.
package struct BashEnvironmentExport: Sendable {
    package let path: String

    /// - Throws: `missingVariable` outside of CircleCI.
    package init(in environment: Environment) throws(ExportError) {
        guard let path = environment.nonEmpty("BASH_ENV") else { throw .missingVariable("BASH_ENV") }
        self.path = path
    }

    /// Finds what would make `append` fail, without a change.
    ///
    /// - Throws: also `exposed` for a file that another user has or may read or write.
    package func check() throws(ExportError) {
        try file().checkIfThere()
    }

    /// Appends all variables in one write, or none.
    ///
    /// The file is made when it is missing.
    package func append(_ variables: [ExportedVariable], write: @escaping WriteCall = systemWrite) throws(ExportError) {
        let text = try Shell.bash.text(exporting: variables)
        try file(write).append(text)
    }

    private func file(_ write: @escaping WriteCall = systemWrite) -> AppendedFile {
        AppendedFile(variable: "BASH_ENV", path: path, isCreated: true, isPrivate: true, write: write)
    }
}
