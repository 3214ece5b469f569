import TestBench

/// The files of a release on a server: the executable for this processor, and one for the other that starts it too.
package struct Release {
    private let checkout: Checkout
    private let server: FileServer

    package init() throws {
        checkout = try Checkout()
        let own = Executable.path.hasSuffix("x64") ? "x64" : "arm64"
        try checkout.addExecutable(contents(of: Executable.path) ?? [], for: own)
        let script = "#!/bin/sh\nexec '\(Executable.path)' \"$@\"\n"
        try checkout.addExecutable(Array(script.utf8), for: own == "x64" ? "arm64" : "x64")
        guard try checkout.run("scripts/checksums").status == 0 else { throw BenchError("scripts/checksums") }
        server = try FileServer(checkout.folder.file("dist"))
    }

    package var url: String { server.url }

    /// The bytes of the executable for a processor, as the release names it.
    package func executable(for processor: String) -> [UInt8]? {
        checkout.folder.contents("dist/pulumi-token-linux-\(processor)")
    }

    /// Puts another file in the place of an executable.
    package func forge(_ processor: String) throws {
        try checkout.addExecutable(Array("#!/bin/sh\necho forged\n".utf8), for: processor)
    }

    /// The component that belongs to it; its path.
    package func component() throws -> String {
        let outcome = try checkout.run("scripts/component", url)
        guard outcome.status == 0 else { throw BenchError(outcome.error) }
        return try checkout.folder.write(outcome.output, to: "component.yml")
    }
}
