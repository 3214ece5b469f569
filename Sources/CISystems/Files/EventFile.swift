internal import Secrets

/// A file to which several processes append one line for each thing that happens.
package struct EventFile: Sendable, Equatable {
    package let path: String

    package init(path: String) {
        self.path = path
    }

    /// Appends a line, which holds no secret, in one write; after a failure the file is as long as it was.
    package func append(_ line: String) throws(ExportError) {
        try file.append(Secret(line + "\n"))
    }

    /// Finds what would make `append` fail; makes the file, readable for its owner only, when it is missing.
    package func checkIsWritable() throws(ExportError) {
        try file.check()
    }

    private var file: AppendedFile { AppendedFile(variable: "PULUMI_TOKEN_EVENTS", path: path, isCreated: true) }
}
