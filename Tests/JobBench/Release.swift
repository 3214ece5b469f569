import Synchronization
import TestBench

/// The files of a release on a server: the executable for this processor, and one for the other that starts it too.
///
/// `@unchecked`: only `forge` changes anything, and whoever calls it has one of its own.
package final class Release: @unchecked Sendable {
    private struct InUse {
        weak var release: Release?
    }

    private static let inUse = Mutex(InUse())

    /// One that nobody changes, the same for all that use it at the same time.
    package static func shared() throws -> Release {
        try inUse.withLock { inUse in
            if let release = inUse.release { return release }
            let release = try Release()
            inUse.release = release
            return release
        }
    }

    private let checkout: Checkout
    private let server: FileServer
    /// The path of the component that belongs to it.
    package let component: String

    package init() throws {
        checkout = try Checkout()
        let own = Executable.path.hasSuffix("x64") ? "x64" : "arm64"
        try checkout.addExecutable(contents(of: Executable.path) ?? [], for: own)
        let script = "#!/bin/sh\nexec '\(Executable.path)' \"$@\"\n"
        try checkout.addExecutable(Array(script.utf8), for: own == "x64" ? "arm64" : "x64")
        guard try checkout.run("scripts/checksums").status == 0 else { throw BenchError("scripts/checksums") }
        server = try FileServer(checkout.folder.file("dist"))
        let outcome = try checkout.run("scripts/component", server.url)
        guard outcome.status == 0 else { throw BenchError(outcome.error) }
        component = try checkout.folder.write(outcome.output, to: "component.yml")
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
}
