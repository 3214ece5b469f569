/// The files of this repository in a folder of their own, without what builds leave there.
package struct Checkout {
    package let folder: ScratchFolder
    private static let built: Set = [".build", ".deps", ".git", "dist"]

    package init() throws {
        folder = try ScratchFolder()
        let names = try Repository.names(in: ".").filter { !Self.built.contains($0) }
        let sources = names.map { "\(Repository.root)/\($0)" }
        let copy = try Program("cp", ["-a"] + sources + [folder.path]).run()
        guard copy.status == 0 else { throw BenchError("cp: \(copy.error)") }
        try folder.makeFolder("dist")
    }

    /// Puts an executable into `dist/`, for a processor as the release names it.
    package func addExecutable(_ bytes: [UInt8], for processor: String) throws {
        try folder.write(bytes, to: "dist/pulumi-token-linux-\(processor)", mode: 0o755)
    }

    /// Runs a script of the repository there, with Git's author set and no configuration of the user's.
    package func run(
        _ script: String,
        _ arguments: String...,
        adding changes: [String: String] = [:]
    ) throws -> Outcome {
        var program = program(script, arguments)
        program.environment.merge(changes) { $1 }
        return try program.run()
    }

    /// The same, not started yet.
    package func program(_ script: String, _ arguments: [String] = []) -> Program {
        var program = Program(folder.file(script), arguments)
        program.environment.merge([
            "HOME": folder.path, "GIT_AUTHOR_NAME": "tests", "GIT_AUTHOR_EMAIL": "tests@example.com",
            "GIT_COMMITTER_NAME": "tests", "GIT_COMMITTER_EMAIL": "tests@example.com", "GIT_CONFIG_NOSYSTEM": "1",
        ]) { $1 }
        program.folder = folder.path
        return program
    }
}
